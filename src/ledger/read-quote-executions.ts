import type { QuoteExecution, QuoteExecutionState } from '../domain/trade/quote-execution.ts'
import { QUOTE_EXECUTION_TABLE } from './quote-execution-table.ts'
import { type PageQuery, type StreamRecord, streamReads } from './stream-reads.ts'

/** An execution for operators and applications. */
export type QuoteExecutionRecord = StreamRecord<QuoteExecution>

export interface QuoteExecutionQuery extends PageQuery {
  accountId?: string | undefined
  state?: QuoteExecutionState | undefined
}

export const QUOTE_EXECUTION_READS = streamReads(QUOTE_EXECUTION_TABLE, {
  idForm: /^quote-execution-[0-9a-f]{32}$/,
  waiting: ['submitting', 'unknown', 'created'],
})
