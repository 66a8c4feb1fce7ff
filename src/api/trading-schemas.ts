import { z } from 'zod'
import { ORDER_SIDES, ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/trade/order.ts'
import { QUOTE_EXECUTION_STATES } from '../domain/trade/quote-execution.ts'
import { DEPOSIT_STATES } from '../domain/transfer/deposit.ts'

const time = z.iso.datetime()
const decimal = z
  .string()
  .regex(/^-?[0-9]+(\.[0-9]+)?$/)
  .describe('A decimal string: an exact amount.')
const NextCursor = z.string().nullable().describe('Send it as cursor, with the same filters, for the next page; null on the last one.')

const Account = z.strictObject({
  id: z.string().describe("The account's id at Paxos; the same as accountId."),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  refId: z.string().nullable().describe('Yours for the customer.'),
  onboardingState: z.string(),
  openedAt: time.nullable(),
})

const Balances = z.strictObject({
  items: z.array(
    z.strictObject({
      asset: z.string(),
      available: decimal.describe('Free to be used.'),
      trading: decimal.describe('Held by open orders.'),
    }),
  ),
  asOf: time.describe('When Paxos was asked.'),
})

const MarketSide = z.strictObject({ available: z.boolean(), reason: z.string().nullable() })
const Market = z.strictObject({
  market: z.string(),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  tickRate: decimal.nullable().describe('Prices are multiples of it.'),
  minBaseAmount: decimal.nullable(),
  maxBaseAmount: decimal.nullable(),
  minQuoteAmount: decimal.nullable(),
  maxQuoteAmount: decimal.nullable(),
  buy: MarketSide,
  sell: MarketSide,
})

const Quote = z.strictObject({
  id: z.string(),
  market: z.string(),
  side: z.string(),
  price: decimal.describe('A fee that is charged in real time is in it.'),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().describe('It is good until then, and not a moment longer.'),
})

const OrderPreview = z.strictObject({
  obstacles: z
    .array(
      z.strictObject({
        limit: z.string().describe('Which limit refuses it.'),
        field: z.string(),
        message: z.string(),
        nearest: decimal.nullable().describe('The nearest amount or price that would pass; null where none would.'),
      }),
    )
    .describe('What would refuse the order; empty: nothing that is known now.'),
  pays: z.strictObject({
    asset: z.string(),
    amount: decimal.nullable().describe('At most, without the commission, whose rate Paxos does not tell beforehand.'),
    availableAfter: decimal.nullable(),
  }),
  dust: decimal.nullable().describe('What a sale leaves behind that is too little to sell.'),
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
  annulled: z.boolean().describe('Paxos took it back after the fill.'),
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
  reason: z.string().nullable().describe('Why it was rejected or is held.'),
  paxosOrderId: z.string().nullable(),
  paxosStatus: z.string().nullable().describe("Paxos's own status as last read."),
  amountFilled: decimal.describe('Of the base asset, so far.'),
  averagePrice: decimal.nullable(),
  executions: z.array(Execution),
  settled: z.boolean().describe('It has ended, and its executions come to what was filled.'),
  requestedAt: time,
  closedAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
}
const Order = z.strictObject(orderFields)
const TimelineEntry = z.strictObject({ entryNo: z.int(), at: time, kind: z.string(), actor: z.string(), data: z.looseObject({}) })
const OrderStory = z.strictObject({ ...orderFields, timeline: z.array(TimelineEntry).describe('The ledger of this order.') })

const quoteExecutionFields = {
  id: z.string().describe('The same as executionId.'),
  executionId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  quoteId: z.string(),
  market: z.string(),
  side: z.string(),
  price: decimal,
  baseAsset: z.string(),
  quoteAsset: z.string(),
  expiresAt: time.describe('When the quote ends, by Paxos.'),
  baseAmount: decimal.nullable().describe('As it was asked for; null: quoteAmount was.'),
  quoteAmount: decimal.nullable(),
  state: z.enum(QUOTE_EXECUTION_STATES),
  reason: z.string().nullable().describe('Why it was rejected or is held.'),
  paxosExecutionId: z.string().nullable(),
  executedBase: decimal.nullable().describe('What Paxos executed, of the base asset; null until it answers.'),
  executedQuote: decimal.nullable(),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
}
const QuoteExecution = z.strictObject(quoteExecutionFields)
const QuoteExecutionStory = z.strictObject({
  ...quoteExecutionFields,
  timeline: z.array(TimelineEntry).describe('The ledger of this execution.'),
})

const Deposit = z.strictObject({
  id: z.string().describe('The same as depositId.'),
  depositId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  asset: z.string(),
  amount: decimal,
  state: z.enum(DEPOSIT_STATES),
  reason: z.string().nullable(),
  activityId: z.string().nullable().describe("Paxos's id of the deposit; null for one that only the balance has shown."),
  requestedAt: time,
})

/** What the trading routes answer. */
export const TRADING_SCHEMAS = {
  Deposit,
  Account,
  Balances,
  MarketList: z.strictObject({ items: z.array(Market) }),
  QuoteList: z.strictObject({ items: z.array(Quote) }),
  QuoteExecution,
  QuoteExecutionStory,
  QuoteExecutionPage: z.strictObject({ items: z.array(QuoteExecution), nextCursor: NextCursor }),
  OrderPreview,
  Order,
  OrderStory,
  OrderPage: z.strictObject({ items: z.array(Order), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
