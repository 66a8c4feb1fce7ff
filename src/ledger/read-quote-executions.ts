import type { Pool } from 'pg'
import type { QuoteExecution, QuoteExecutionState } from '../domain/trade/quote-execution.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { QUOTE_EXECUTION_TABLE } from './quote-execution-table.ts'

/** An execution for operators and applications. */
export interface QuoteExecutionRecord extends QuoteExecution {
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface QuoteExecutionQuery {
  accountId?: string | undefined
  state?: QuoteExecutionState | undefined
  cursor?: string | undefined
  limit: number
}

const COLUMNS = QUOTE_EXECUTION_TABLE.columns.map(({ name, loaded }) => `${loaded(`q.${name}`)} AS ${name}`).join(', ')
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const EXECUTION_ID = /^quote-execution-[0-9a-f]{32}$/

interface Row extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

/** One execution; null for an unknown id. */
export async function findQuoteExecution(pool: Pool, executionId: string): Promise<QuoteExecutionRecord | null> {
  const { rows } = await pool.query<Row>(`SELECT ${COLUMNS}, q.created_at, q.updated_at FROM quote_execution q WHERE q.execution_id = $1`, [
    executionId,
  ])
  return rows[0] ? toRecord(rows[0]) : null
}

/** Newest first. @throws UsageError for a foreign cursor */
export async function listQuoteExecutions(
  pool: Pool,
  { accountId, state, cursor, limit }: QuoteExecutionQuery,
): Promise<Page<QuoteExecutionRecord>> {
  const [time = null, executionId = null] = cursor ? decodeCursor(cursor, [ISO_TIME, EXECUTION_ID]) : []
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS}, q.created_at, q.updated_at FROM quote_execution q
     WHERE ($1::text IS NULL OR q.account_id = $1) AND ($2::text IS NULL OR q.state = $2)
       AND ($3::timestamptz IS NULL OR (q.created_at, q.execution_id) < ($3, $4))
     ORDER BY q.created_at DESC, q.execution_id DESC LIMIT $5`,
    [accountId ?? null, state ?? null, time, executionId, limit + 1],
  )
  const key = ({ createdAt, executionId: id }: QuoteExecutionRecord): string[] => [createdAt.toISOString(), id]
  return cutPage(rows.map(toRecord), { limit, view: (execution) => execution, key })
}

/** Unfinished executions that have not moved since `before`: their command may be lost. */
export async function listWaitingQuoteExecutions(pool: Pool, before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ execution_id: string }>(
    `SELECT execution_id FROM quote_execution WHERE state IN ('submitting', 'unknown', 'created') AND updated_at < $1
     ORDER BY updated_at LIMIT 1000`,
    [before],
  )
  return rows.map(({ execution_id }) => execution_id)
}

function toRecord(row: Row): QuoteExecutionRecord {
  const { execution } = QUOTE_EXECUTION_TABLE.snapshot(row, [])
  return { ...execution, createdAt: row.created_at, updatedAt: row.updated_at }
}
