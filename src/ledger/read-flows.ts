import type { Pool } from 'pg'
import { Amount } from '../domain/money.ts'

/** A movement of money in the ledger. */
export interface FlowRecord {
  readonly streamId: string
  readonly entryNo: number
  readonly at: Date
  readonly asset: string
  /** Signed: what comes in is positive. */
  readonly amount: Amount
  readonly because: string
  readonly source: string
}

/** The sum of all recorded flows of one asset in one account. */
export async function sumFlows(pool: Pool, accountId: string, asset: string): Promise<Amount> {
  const { rows } = await pool.query<{ sum: string }>(
    `SELECT coalesce(sum((data->>'amount')::numeric), 0)::text AS sum FROM ledger_entry
     WHERE kind = 'flow' AND data->>'accountId' = $1 AND data->>'asset' = $2`,
    [accountId, asset],
  )
  return Amount.of(rows[0]?.sum ?? '0')
}

/** Every flow of an account, oldest first. */
export async function readFlows(pool: Pool, accountId: string): Promise<FlowRecord[]> {
  const { rows } = await pool.query<Omit<FlowRecord, 'amount'> & { amount: string }>(
    `SELECT stream_id AS "streamId", entry_no AS "entryNo", at, data->>'asset' AS asset, data->>'amount' AS amount, data->>'because' AS because,
       data->>'source' AS source
     FROM ledger_entry WHERE kind = 'flow' AND data->>'accountId' = $1 ORDER BY at, stream_id, entry_no`,
    [accountId],
  )
  return rows.map((row) => ({ ...row, amount: Amount.of(row.amount) }))
}
