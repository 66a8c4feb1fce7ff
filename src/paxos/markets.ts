import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { AnsweredAmount } from './transport/answered-amount.ts'
import { pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'

/** Rules and state of one market, from `GET /markets` (paxos/api.md 8.1). */
export interface PaxosMarket {
  /** For example `BTCUSD`. An open set that grows and shrinks. */
  market: string
  baseAsset: string
  quoteAsset: string
  /** Prices are multiples of this. */
  tickRate: Amount | null
  minBaseAmount: Amount | null
  maxBaseAmount: Amount | null
  minQuoteAmount: Amount | null
  maxQuoteAmount: Amount | null
  buy: MarketSide
  sell: MarketSide
}

interface MarketSide {
  available: boolean
  /** SCHEDULED_MAINTENANCE and others; null while the side is available. */
  reason: string | null
}

export interface MarketsOfPaxos {
  /** All markets. Paxos asks for no token here. */
  list(options?: CallOptions): Promise<PaxosMarket[]>
}

const text = z.string().nullish()
const Market = z
  .object({
    market: z.string().min(1),
    base_asset: z.string().min(1),
    quote_asset: z.string().min(1),
    tick_rate: AnsweredAmount,
    min_base_amount: AnsweredAmount,
    max_base_amount: AnsweredAmount,
    min_quote_amount: AnsweredAmount,
    max_quote_amount: AnsweredAmount,
    market_status: z.object({ buy_status: text, sell_status: text, buy_reason: text, sell_reason: text }).nullish(),
  })
  .transform(
    ({ market, market_status: status, ...fields }): PaxosMarket => ({
      market,
      baseAsset: fields.base_asset,
      quoteAsset: fields.quote_asset,
      tickRate: fields.tick_rate,
      minBaseAmount: fields.min_base_amount,
      maxBaseAmount: fields.max_base_amount,
      minQuoteAmount: fields.min_quote_amount,
      maxQuoteAmount: fields.max_quote_amount,
      buy: sideOf(status?.buy_status, status?.buy_reason),
      sell: sideOf(status?.sell_status, status?.sell_reason),
    }),
  )
const Markets = pageOf('markets', Market)

/** Only `AVAILABLE` means available. An unknown or absent status does not (paxos/api.md 1.6). */
function sideOf(status: string | null | undefined, reason: string | null | undefined): MarketSide {
  const available = status === 'AVAILABLE'
  return { available, reason: available || !reason || reason === 'MARKET_STATUS_REASON_UNSPECIFIED' ? null : reason }
}

export function marketsOfPaxos(call: PaxosCall): MarketsOfPaxos {
  return {
    async list(options) {
      const request = { operation: 'markets.list', feature: null, path: '/markets', mark: 'markets', schema: Markets } as const
      return (await call(request, options)).rows
    },
  }
}
