import type { Pool } from 'pg'
import type { DepositInstructions } from '../domain/transfer/deposit-instructions.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { DEPOSIT_INSTRUCTIONS_TABLE } from './deposit-instructions-table.ts'

/** Deposit instructions for operators and applications. */
export interface InstructionsRecord extends DepositInstructions {
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface InstructionsQuery {
  accountId: string
  cursor?: string | undefined
  limit: number
}

const COLUMNS = DEPOSIT_INSTRUCTIONS_TABLE.columns.map(({ name, loaded }) => `${loaded(`d.${name}`)} AS ${name}`).join(', ')
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const INSTRUCTIONS_ID = /^instructions-[0-9a-f]{32}$/

interface Row extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

/** One request for instructions; null for an unknown id. */
export async function findInstructions(pool: Pool, instructionsId: string): Promise<InstructionsRecord | null> {
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS}, d.created_at, d.updated_at FROM deposit_instructions d WHERE d.instructions_id = $1`,
    [instructionsId],
  )
  return rows[0] ? toRecord(rows[0]) : null
}

/** The instructions of one account, newest first. @throws UsageError for a foreign cursor */
export async function listInstructions(pool: Pool, { accountId, cursor, limit }: InstructionsQuery): Promise<Page<InstructionsRecord>> {
  const [time = null, id = null] = cursor ? decodeCursor(cursor, [ISO_TIME, INSTRUCTIONS_ID]) : []
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS}, d.created_at, d.updated_at FROM deposit_instructions d
     WHERE d.account_id = $1 AND ($2::timestamptz IS NULL OR (d.created_at, d.instructions_id) < ($2, $3))
     ORDER BY d.created_at DESC, d.instructions_id DESC LIMIT $4`,
    [accountId, time, id, limit + 1],
  )
  const key = ({ createdAt, instructionsId }: InstructionsRecord): string[] => [createdAt.toISOString(), instructionsId]
  return cutPage(rows.map(toRecord), { limit, view: (record) => record, key })
}

/** Unfinished requests that have not moved since `before`: their command may be lost. */
export async function listWaitingInstructions(pool: Pool, before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ instructions_id: string }>(
    `SELECT instructions_id FROM deposit_instructions WHERE state IN ('submitting', 'unknown') AND updated_at < $1
     ORDER BY updated_at LIMIT 1000`,
    [before],
  )
  return rows.map(({ instructions_id }) => instructions_id)
}

function toRecord(row: Row): InstructionsRecord {
  const { instructions } = DEPOSIT_INSTRUCTIONS_TABLE.snapshot(row, [])
  return { ...instructions, createdAt: row.created_at, updatedAt: row.updated_at }
}
