import { z } from 'zod'
import { ORDER_SIDES, ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/trade/order.ts'
import { QUOTE_EXECUTION_STATES } from '../domain/trade/quote-execution.ts'
import { DEPOSIT_STATES } from '../domain/transfer/deposit.ts'
import { FIAT_NETWORKS, INSTRUCTIONS_STATES, ROUTING_NUMBER_TYPES } from '../domain/transfer/deposit-instructions.ts'
import { TRANSFER_STATES } from '../domain/transfer/transfer.ts'
import { NextCursor, time } from './schema-parts.ts'

const decimal = z
  .string()
  .regex(/^-?[0-9]+(\.[0-9]+)?$/)
  .describe('An exact amount as a decimal string.')

const Account = z.strictObject({
  id: z.string().describe("The account's id at Paxos; the same as accountId."),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  refId: z.string().nullable().describe("Your application's reference for the customer."),
  onboardingState: z.string(),
  openedAt: time.nullable(),
})

const Balances = z.strictObject({
  items: z.array(
    z.strictObject({
      asset: z.string(),
      available: decimal.describe('Available to trade.'),
      trading: decimal.describe('Reserved by open orders.'),
    }),
  ),
  asOf: time.describe('When Gatehouse read the balances from Paxos.'),
})

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

const Quote = z.strictObject({
  id: z.string(),
  market: z.string(),
  side: z.string(),
  price: decimal.describe('Includes a fee that Paxos charges in real time.'),
  baseAsset: z.string(),
  quoteAsset: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().describe('The quote is valid until this time.'),
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
    amount: decimal.nullable().describe('Upper bound without the commission, because Paxos does not publish its rate beforehand.'),
    availableAfter: decimal.nullable(),
  }),
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
const TimelineEntry = z.strictObject({ entryNo: z.int(), at: time, kind: z.string(), actor: z.string(), data: z.looseObject({}) })
const OrderStory = z.strictObject({ ...orderFields, timeline: z.array(TimelineEntry).describe('The ledger entries of this order.') })

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
  expiresAt: time.describe("When the quote expires, by Paxos's clock."),
  baseAmount: decimal.nullable().describe('The requested amount; null if the request gave quoteAmount.'),
  quoteAmount: decimal.nullable(),
  state: z.enum(QUOTE_EXECUTION_STATES),
  reason: z.string().nullable().describe('Why it is rejected or held.'),
  paxosExecutionId: z.string().nullable(),
  executedBase: decimal.nullable().describe('Executed amount of the base asset; null until Paxos answers.'),
  executedQuote: decimal.nullable(),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
}
const QuoteExecution = z.strictObject(quoteExecutionFields)
const QuoteExecutionStory = z.strictObject({
  ...quoteExecutionFields,
  timeline: z.array(TimelineEntry).describe('The ledger entries of this execution.'),
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
  activityId: z.string().nullable().describe("Paxos's id of the deposit; null if only the balance proved the deposit."),
  requestedAt: time,
})

const instructionsFields = {
  id: z.string().describe('The same as instructionsId.'),
  instructionsId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  network: z.enum(FIAT_NETWORKS),
  routingNumberType: z.enum(ROUTING_NUMBER_TYPES).nullable(),
  state: z.enum(INSTRUCTIONS_STATES),
  reason: z.string().nullable(),
  paxosInstructionsId: z.string().nullable(),
  memoId: z.string().nullable().describe('The customer quotes it in the payment.'),
  requestedAt: time,
  createdAt: time,
  updatedAt: time,
}
const DepositInstructions = z.strictObject(instructionsFields)
const DepositInstructionsStory = z.strictObject({
  ...instructionsFields,
  bankDetails: z
    .looseObject({})
    .nullable()
    .describe('Where to pay, read from Paxos now. The fields differ by network. Null until Paxos has created them.'),
  paxosStatus: z.string().nullable().describe("Paxos's own status: VALID or DEPRECATED."),
})

const transferFields = {
  id: z.string().describe('The same as transferId.'),
  transferId: z.string(),
  paxosTransferId: z.string(),
  accountId: z.string(),
  identityId: z.string(),
  profileId: z.string(),
  direction: z.string().describe("Paxos's own direction: CREDIT or DEBIT."),
  type: z.string().describe("Paxos's own type, such as WIRE_DEPOSIT."),
  asset: z.string(),
  amount: decimal.describe('The amount that was sent.'),
  fee: decimal,
  total: decimal.describe('The change of the balance: for a deposit, the amount less the fee.'),
  state: z.enum(TRANSFER_STATES),
  reason: z.string().nullable().describe('Why it is held.'),
  paxosStatus: z.string().describe("Paxos's own status as last read."),
  moved: decimal.describe('The signed amount that the ledger records for this transfer.'),
  instructionsId: z.string().nullable().describe('The deposit instructions that the sender followed.'),
  returnOf: z.string().nullable().describe('The id of the deposit that this transfer returns.'),
  startedAt: z.string(),
  createdAt: time,
  updatedAt: time,
}
const Transfer = z.strictObject(transferFields)
const TransferStory = z.strictObject({
  ...transferFields,
  timeline: z.array(TimelineEntry).describe('The ledger entries of this transfer.'),
})

/** The responses of the trading routes. */
export const TRADING_SCHEMAS = {
  Deposit,
  Account,
  Balances,
  MarketList: z.strictObject({ items: z.array(Market) }),
  QuoteList: z.strictObject({ items: z.array(Quote) }),
  QuoteExecution,
  QuoteExecutionStory,
  QuoteExecutionPage: z.strictObject({ items: z.array(QuoteExecution), nextCursor: NextCursor }),
  DepositInstructions,
  DepositInstructionsStory,
  DepositInstructionsPage: z.strictObject({ items: z.array(DepositInstructions), nextCursor: NextCursor }),
  Transfer,
  TransferStory,
  TransferPage: z.strictObject({ items: z.array(Transfer), nextCursor: NextCursor }),
  OrderPreview,
  Order,
  OrderStory,
  OrderPage: z.strictObject({ items: z.array(Order), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
