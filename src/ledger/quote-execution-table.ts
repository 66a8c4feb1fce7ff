import type { QuoteExecutionSnapshot } from '../domain/trade/quote-execution-stream.ts'
import { decimal, streamTable, text, time } from './stream-table.ts'

/** The execution of a held-rate quote is a stream of its own. */
export const QUOTE_EXECUTION_TABLE = streamTable<QuoteExecutionSnapshot, 'execution'>({
  kind: 'quote-execution',
  table: 'quote_execution',
  property: 'execution',
  id: 'executionId',
  identity: ({ identityId }) => identityId,
  columns: {
    executionId: text('execution_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    quoteId: text('quote_id'),
    market: text('market'),
    side: text('side'),
    price: decimal('price'),
    baseAsset: text('base_asset'),
    quoteAsset: text('quote_asset'),
    expiresAt: time('expires_at'),
    baseAmount: decimal('base_amount'),
    quoteAmount: decimal('quote_amount'),
    state: text('state'),
    reason: text('reason'),
    paxosExecutionId: text('paxos_execution_id'),
    executedBase: decimal('executed_base'),
    executedQuote: decimal('executed_quote'),
    requestedAt: time('requested_at'),
  },
})
