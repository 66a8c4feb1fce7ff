import { z } from 'zod'
import { ORDER_SIDES, ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/trade/order.ts'
import { decimal, NextCursor, TimelineEntry, time } from './schema-parts.ts'

const MarketSide = z.strictObject({ available: z.boolean(), reason: z.string().nullable() })

const Market = z.strictObject({
  market: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  tickRate: decimal.nullable().describe('Prices must be multiples of it.'),
  minBaseAmount: decimal.nullable(),
  maxBaseAmount: decimal.nullable(),
  minQuoteAmount: decimal.nullable(),
  maxQuoteAmount: decimal.nullable(),
  buy: MarketSide,
  sell: MarketSide,
})

const OrderPreview = z.strictObject({
  obstacles: z
    .array(
      z.strictObject({
        limit: z.string().describe('The limit that refuses the order.'),
        field: z.string(),
        message: z.string(),
        nearest: decimal.nullable().describe('The nearest valid amount or price; null if there is none.'),
      }),
    )
    .describe('Every known obstacle to the order; empty if there is none.'),
  pays: z.strictObject({
    asset: z.string(),
    amount: decimal.nullable().describe('Upper bound without the commission.'),
    availableAfter: decimal.nullable().describe('Without the commission.'),
  }),
  commission: z
    .strictObject({ asset: z.string(), amount: z.null(), note: z.literal('unknown until filled') })
    .describe('Paxos publishes no rate before the fill. A buy pays it in addition to `pays`, a sale out of its proceeds.'),
  dust: decimal.nullable().describe('Remainder of a sale that is too small to sell.'),
  receives: z.strictObject({ asset: z.string() }),
})

const Execution = z.strictObject({
  id: z.string(),
  executedAt: z.string(),
  amount: decimal,
  price: decimal,
  grossAmount: decimal,
  commission: decimal.nullable(),
  commissionAsset: z.string().nullable(),
  rebate: decimal.nullable(),
  rebateAsset: z.string().nullable(),
  annulled: z.boolean().describe('True if Paxos annulled the execution after the fill.'),
})

const orderFields = {
  id: z.string().describe('The same as orderId.'),
  orderId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  side: z.enum(ORDER_SIDES),
  market: z.string(),
  type: z.enum(ORDER_TYPES),
  baseAmount: decimal.nullable(),
  quoteAmount: decimal.nullable(),
  price: decimal.nullable(),
  stopPrice: decimal.nullable(),
  timeInForce: z.enum(TIMES_IN_FORCE).nullable(),
  expiresAt: time.nullable(),
  state: z.enum(ORDER_STATES),
  reason: z.string().nullable().describe('Why it is rejected or held.'),
  paxosOrderId: z.string().nullable(),
  paxosStatus: z.string().nullable().describe("Paxos's own status as last read."),
  amountFilled: decimal.describe('Filled amount of the base asset so far.'),
  averagePrice: decimal.nullable(),
  executions: z.array(Execution),
  settled: z.boolean().describe('True once the order has ended and its executions add up to the filled amount.'),
  requestedAt: time,
  closedAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
}

const Order = z.strictObject(orderFields)

const OrderStory = z.strictObject({ ...orderFields, timeline: z.array(TimelineEntry).describe('The ledger entries of this order.') })

/** The responses of the routes for markets and orders. */
export const ORDER_SCHEMAS = {
  MarketList: z.strictObject({ items: z.array(Market) }),
  OrderPreview,
  Order,
  OrderStory,
  OrderPage: z.strictObject({ items: z.array(Order), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
