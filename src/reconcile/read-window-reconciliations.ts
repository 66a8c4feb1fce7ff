import type { Pool } from 'pg'
import type { Reconciliation } from './reconciliation.ts'
import { RECONCILIATION_FIELDS } from './reconciliation-store.ts'

const MOST_RECONCILIATIONS = 200

/** Comparisons whose window meets this one, in the order in which they were requested. */
export async function readWindowReconciliations(pool: Pool, { from, to }: { from: Date; to: Date }): Promise<Reconciliation[]> {
  const { rows } = await pool.query<Reconciliation>(
    `SELECT ${RECONCILIATION_FIELDS} FROM reconciliation WHERE from_at < $2 AND to_at > $1 ORDER BY requested_at, id LIMIT ${MOST_RECONCILIATIONS}`,
    [from, to],
  )
  return rows
}
