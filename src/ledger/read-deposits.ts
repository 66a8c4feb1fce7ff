import type { Pool } from 'pg'
import type { Deposit } from '../domain/transfer/deposit.ts'
import { DEPOSIT_TABLE } from './deposit-table.ts'

const COLUMNS = DEPOSIT_TABLE.columns.map(({ name, loaded }) => `${loaded(`d.${name}`)} AS ${name}`).join(', ')

/** One deposit; null for an unknown id. */
export async function findDeposit(pool: Pool, depositId: string): Promise<Deposit | null> {
  const { rows } = await pool.query<Record<string, unknown>>(`SELECT ${COLUMNS} FROM deposit d WHERE d.deposit_id = $1`, [depositId])
  return rows[0] ? DEPOSIT_TABLE.snapshot(rows[0], []).deposit : null
}

/** Whether an older deposit of the same account and asset has no answer yet. */
export async function hasOlderOpenDeposit(pool: Pool, { depositId, accountId, asset, requestedAt }: Deposit): Promise<boolean> {
  const { rows } = await pool.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM deposit WHERE account_id = $1 AND asset = $2 AND state IN ('submitting', 'unknown')
       AND (requested_at, deposit_id) < ($3, $4)) AS waits`,
    [accountId, asset, new Date(requestedAt), depositId],
  )
  return rows[0]?.waits === true
}

/** Unfinished deposits requested before `before`: their command may be lost. */
export async function listWaitingDeposits(pool: Pool, before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ deposit_id: string }>(
    `SELECT deposit_id FROM deposit WHERE state IN ('submitting', 'unknown') AND updated_at < $1 ORDER BY updated_at LIMIT 1000`,
    [before],
  )
  return rows.map(({ deposit_id }) => deposit_id)
}
