import { z } from 'zod'
import { QUOTE_EXECUTION_STATES } from '../domain/trade/quote-execution.ts'
import { decimal, NextCursor, TimelineEntry, time } from './schema-parts.ts'

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

/** The responses of the routes for quotes and their executions. */
export const QUOTE_SCHEMAS = {
  QuoteList: z.strictObject({ items: z.array(Quote) }),
  QuoteExecution,
  QuoteExecutionStory,
  QuoteExecutionPage: z.strictObject({ items: z.array(QuoteExecution), nextCursor: NextCursor }),
} satisfies Record<string, z.ZodType>
