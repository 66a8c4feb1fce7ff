import type { Pool } from 'pg'
import type { Deposit } from '../domain/transfer/deposit.ts'
import { DEPOSIT_TABLE } from './deposit-table.ts'
import { streamReads } from './stream-reads.ts'

export const DEPOSIT_READS = streamReads(DEPOSIT_TABLE, { idForm: /^deposit-[0-9a-f]{32}$/, waiting: ['submitting', 'unknown'] })

/** Whether an older deposit of the same account and asset has no answer yet. */
export async function hasOlderOpenDeposit(pool: Pool, { depositId, accountId, asset, requestedAt }: Deposit): Promise<boolean> {
  const { rows } = await pool.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM deposit WHERE account_id = $1 AND asset = $2 AND state IN ('submitting', 'unknown')
       AND (requested_at, deposit_id) < ($3, $4)) AS waits`,
    [accountId, asset, new Date(requestedAt), depositId],
  )
  return rows[0]?.waits === true
}
