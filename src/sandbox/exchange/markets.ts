import { type Decimal, decimal } from '../money/decimal.ts'

/** A market as in `GET /markets` (paxos/api.md 8.1). */
export interface Market {
  readonly market: string
  readonly base: string
  readonly quote: string
  /** Step of a price. */
  readonly tick: Decimal
  /** Start of the price walk (invented). */
  readonly start: Decimal
  /** Largest notional of a limit order, in the quote asset. */
  readonly maxLimitNotional: Decimal
}

/** Smallest sell or limit order, in the base asset (documented). */
export const MIN_BASE: Decimal = decimal('0.00000001')
/** Smallest market buy (documented for USD). */
export const MIN_QUOTE: Decimal = decimal('0.01')
/** Largest notional of a market order (documented for USD). */
export const MAX_MARKET_NOTIONAL: Decimal = decimal('500000')
/** Decimals of a base amount (documented). */
export const BASE_DECIMALS = 8
/** Decimals of the quote amount of a market buy (documented). */
export const QUOTE_DECIMALS = 2

/** The markets of the document of 2026-07, each with an invented start price. */
const START_PRICES: Readonly<Record<string, string>> = {
  BTCUSD: '64000',
  BTCEUR: '59000',
  BTCSGD: '86000',
  ETHUSD: '3200',
  ETHEUR: '2950',
  ETHSGD: '4300',
  PAXGUSD: '2650',
  BCHUSD: '430',
  LTCUSD: '82',
  USDPUSD: '1',
  LINKUSD: '15.5',
  AAVEUSD: '145',
  UNIUSD: '8.4',
  PEPEUSD: '0.0000112',
  TRUMPUSD: '9.2',
  SHIBUSD: '0.0000185',
  ARBUSD: '0.61',
  BONKUSD: '0.0000214',
  ENAUSD: '0.47',
  MNTUSD: '0.78',
  ONDOUSD: '0.92',
  PENGUUSD: '0.031',
  QNTUSD: '98',
  RENDERUSD: '6.1',
  SKYUSD: '0.066',
  WIFUSD: '1.9',
  WLDUSD: '2.1',
  DOGEUSD: '0.14',
  AVAXUSD: '27',
  SUIUSD: '2.3',
  POLUSD: '0.42',
  XLMUSD: '0.11',
  BNBUSD: '590',
}

/** Documented: BTC 0.25, ETH and BCH 0.05, the others 0.01. Assumed: a finer tick when 0.01 would be more than 1 %. */
function tickOf(base: string, start: string): string {
  if (base === 'BTC') return '0.25'
  if (base === 'ETH' || base === 'BCH') return '0.05'
  if (decimal(start).gte(decimal('5'))) return '0.01'
  return decimal(start).gte(decimal('0.01')) ? '0.0001' : '0.0000000001'
}

export const MARKETS: ReadonlyMap<string, Market> = new Map(
  Object.entries(START_PRICES).map(([market, start]) => {
    const [base, quote] = [market.slice(0, -3), market.slice(-3)]
    const maxLimitNotional = decimal(base === 'BTC' || base === 'ETH' ? '1500000' : '1000000')
    return [market, { market, base, quote, start: decimal(start), tick: decimal(tickOf(base, start)), maxLimitNotional }]
  }),
)

/** Every asset that some market trades. */
export const ASSETS: readonly string[] = [...new Set([...MARKETS.values()].flatMap(({ base, quote }) => [quote, base]))]
