import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { RequiredAmount } from './transport/answered-amount.ts'
import { pageOf, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { queryString } from './transport/request-path.ts'

/** A held rate, valid until `expiresAt` and no longer (paxos/api.md 8.2). The price includes a fee that Paxos charges in real time. */
export interface PaxosQuote {
  id: string
  market: string
  side: string
  price: Amount
  baseAsset: string
  quoteAsset: string
  createdAt: string
  expiresAt: string
}

export interface QuotesOfPaxos {
  /** One BUY and one SELL quote of the market. Paxos must enable quotes for the customer. */
  ofMarket(market: string, options?: CallOptions): Promise<PaxosQuote[]>
}

const Quote = z
  .object({
    id: z.string().min(1),
    market: z.string().min(1),
    side: z.string().min(1),
    price: RequiredAmount,
    base_asset: z.string().min(1),
    quote_asset: z.string().min(1),
    created_at: RawTime,
    expires_at: RawTime,
  })
  .transform(
    ({ base_asset, quote_asset, created_at, expires_at, ...quote }): PaxosQuote => ({
      ...quote,
      baseAsset: base_asset,
      quoteAsset: quote_asset,
      createdAt: created_at,
      expiresAt: expires_at,
    }),
  )
const Quotes = pageOf('items', Quote)

export function quotesOfPaxos(call: PaxosCall): QuotesOfPaxos {
  return {
    async ofMarket(market, options) {
      const path = `/quotes${queryString({ markets: market })}`
      const request = { operation: 'quotes.list', feature: 'quotes', path, mark: 'items', schema: Quotes } as const
      return (await call(request, options)).rows
    },
  }
}
