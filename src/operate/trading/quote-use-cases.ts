import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { findHeldQuote, rememberQuotes } from '../../ledger/held-quotes.ts'
import { readEntries, type StreamEntry } from '../../ledger/read-entries.ts'
import { QUOTE_EXECUTION_READS, type QuoteExecutionQuery, type QuoteExecutionRecord } from '../../ledger/read-quote-executions.ts'
import type { PaxosQuote } from '../../paxos/quotes.ts'
import type { Page } from '../../platform/page.ts'
import type { Perform } from '../audited.ts'
import { type ExecuteQuote, type ExecuteQuoteParts, executeQuote } from './execute-quote.ts'

/** An execution with its history. */
export interface QuoteExecutionStory extends QuoteExecutionRecord {
  readonly timeline: readonly StreamEntry[]
}

export interface QuoteUseCases {
  /** Held rates of one market. Each is valid until its own `expiresAt`. Paxos must have enabled quotes. */
  listQuotes(market: string): Promise<readonly PaxosQuote[]>
  /**
   * Commits the execution of a listed quote, sends it, and waits up to 5 s. After that it may still be `submitting`, `unknown` or `created`.
   * Safe to repeat with the same key. @throws AccountUnknownError, AccountNotTradableError, QuoteUnknownError, QuoteExpiredError, IdempotencyKeyReusedError
   */
  executeQuote(asked: ExecuteQuote, actor: Actor): Promise<{ execution: QuoteExecutionStory; created: boolean }>
  getQuoteExecution(executionId: string): Promise<QuoteExecutionStory | null>
  /** Newest first. @throws UsageError for a foreign cursor */
  listQuoteExecutions(query: QuoteExecutionQuery): Promise<Page<QuoteExecutionRecord>>
}

export function quoteUseCases({
  pool,
  perform,
  ...parts
}: Omit<ExecuteQuoteParts, 'quote' | 'find'> & { pool: Pool; perform: Perform }): QuoteUseCases {
  const find = (executionId: string) => QUOTE_EXECUTION_READS.find(pool, executionId)
  const quote = (quoteId: string) => findHeldQuote(pool, quoteId)
  const story = async (execution: QuoteExecutionRecord): Promise<QuoteExecutionStory> => {
    return { ...execution, timeline: await readEntries(pool, execution.executionId) }
  }
  return {
    listQuotes: async (market) => {
      const quotes = await parts.paxos.quotes.ofMarket(market)
      const held = quotes.map(({ id, price, expiresAt, ...rest }) => {
        return { ...rest, quoteId: id, price: String(price), expiresAt: Date.parse(expiresAt) }
      })
      await rememberQuotes(pool, held)
      return quotes
    },
    executeQuote: async (asked, actor) => {
      const { accountId, quoteId } = asked
      const data = { accountId, quoteId }
      const rule = { action: 'quote.execute', target: accountId, reason: null, data, entry: 'after' as const }
      const { execution, created } = await perform(
        actor,
        { ...rule, result: (done) => ({ target: done.execution.executionId, data: { ...data, created: done.created } }) },
        () => executeQuote({ ...parts, quote, find }, asked, actor),
      )
      return { execution: await story(execution), created }
    },
    getQuoteExecution: async (executionId) => {
      const execution = await find(executionId)
      return execution && story(execution)
    },
    listQuoteExecutions: ({ accountId, state, ...page }) => QUOTE_EXECUTION_READS.list(pool, { where: { accountId, state }, ...page }),
  }
}
