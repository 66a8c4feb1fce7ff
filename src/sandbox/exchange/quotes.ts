import type { SandboxSettings } from '../control/sandbox-settings.ts'
import { type Decimal, decimal } from '../money/decimal.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { MarketPrices } from './market-prices.ts'
import { toTick } from './market-prices.ts'
import { MARKETS, type Market } from './markets.ts'
import type { Side } from './order.ts'

/** New quotes come at most once a second (documented). */
const FRESH_MS = 1_000
/** Distance of a quote from the mid price, in hundredths of a percent: the price includes the fee of a held rate. */
const MARGIN_BASIS_POINTS = '40'
/** Expired quotes kept per market, so that executing one fails as `expired` and not as unknown. */
const KEPT = 2_000

/** A price that holds until `expiresAtMs` and may be executed many times (paxos/api.md 8.2). */
export interface Quote {
  readonly id: string
  readonly market: Market
  readonly side: Side
  readonly price: Decimal
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Offers a BUY and a SELL quote per market, made on request. */
export class Quotes {
  #settings: SandboxSettings
  #random: SeededRandom
  #prices: MarketPrices
  #byId = new Map<string, Quote>()
  #latest = new Map<string, readonly Quote[]>()
  #made = new Map<string, number>()

  constructor(options: { settings: SandboxSettings; random: SeededRandom; prices: MarketPrices }) {
    this.#settings = options.settings
    this.#random = options.random
    this.#prices = options.prices
  }

  get(id: string): Quote | undefined {
    return this.#byId.get(id)
  }

  /** The latest BUY and SELL quotes of a market. */
  of(market: Market): readonly Quote[] {
    const latest = this.#latest.get(market.market)
    const nowMs = Date.now()
    if (latest?.[0] && nowMs - latest[0].createdAtMs < FRESH_MS && nowMs < latest[0].expiresAtMs) return latest
    const nth = (this.#made.get(market.market) ?? 0) + 1
    this.#made.set(market.market, nth)
    const { mid } = this.#prices.shown(market)
    const quotes = (['BUY', 'SELL'] as const).map((side) => {
      const id = this.#random.uuid('quote', market.market, side, nth)
      const share = side === 'BUY' ? decimal('10000').plus(MARGIN_BASIS_POINTS) : decimal('10000').minus(MARGIN_BASIS_POINTS)
      const price = toTick(mid.times(share).div('10000'), market.tick)
      return { id, market, side, price, createdAtMs: nowMs, expiresAtMs: nowMs + this.#settings.quoteLifeMs }
    })
    for (const quote of quotes) this.#byId.set(quote.id, quote)
    this.#latest.set(market.market, quotes)
    this.#forgetOldest()
    return quotes
  }

  clear(): void {
    this.#byId.clear()
    this.#latest.clear()
    this.#made.clear()
  }

  #forgetOldest(): void {
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= KEPT * MARKETS.size) return
      this.#byId.delete(id)
    }
  }
}
