import type { Pool } from 'pg'
import { UUID } from '../platform/opaque-id.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { selectList } from '../platform/postgres/select-list.ts'
import type { TimeWindow } from './read-window.ts'
import type { Reconciliation } from './reconciliation.ts'

/** Lease of a worker on a comparison, seconds: longer than one page can take, with waits for the budget. */
const LEASE_SECONDS = 120

export const RECONCILIATION_FIELDS = selectList<Reconciliation>({
  id: true,
  state: true,
  fromAt: true,
  toAt: true,
  requestedBy: true,
  requestedAt: true,
  finishedAt: true,
  pages: true,
  listed: true,
  byWebhook: true,
  bySweep: true,
  found: true,
  missing: true,
  eventsSha256: "encode(events_sha256, 'hex')",
  withheld: 'doubts',
  lastError: true,
})

/** Records the request. Returns the record under this id: an earlier request with another window stays unchanged. */
export async function requestReconciliation(
  pool: Pool,
  { id, fromAt, toAt, requestedBy }: TimeWindow & { id: string; requestedBy: string },
): Promise<Reconciliation> {
  await pool.query('INSERT INTO reconciliation (id, from_at, to_at, requested_by) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING', [
    id,
    fromAt,
    toAt,
    requestedBy,
  ])
  const stored = await findReconciliation(pool, id)
  if (!stored) throw new Error(`the reconciliation ${id} is not on record after it was requested`)
  return stored
}

export async function findReconciliation(pool: Pool, id: string): Promise<Reconciliation | null> {
  const { rows } = await pool.query<Reconciliation>(`SELECT ${RECONCILIATION_FIELDS} FROM reconciliation WHERE id = $1`, [id])
  return rows[0] ?? null
}

/** One page, last requested first. @throws UsageError for a foreign cursor */
export async function listReconciliations(
  pool: Pool,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Reconciliation>> {
  const [at, id] = cursor ? decodeCursor(cursor, [/^\d{1,16}$/, UUID]) : []
  const { rows } = await pool.query<Reconciliation>(
    `SELECT ${RECONCILIATION_FIELDS} FROM reconciliation WHERE $1::timestamptz IS NULL OR (requested_at, id) < ($1::timestamptz, $2::uuid)
     ORDER BY requested_at DESC, id DESC LIMIT $3`,
    [at === undefined ? null : new Date(Number(at)), id ?? null, limit + 1],
  )
  return cutPage(rows, { limit, view: (found) => found, key: ({ requestedAt, id: lastId }) => [String(requestedAt.getTime()), lastId] })
}

/** Claims the oldest comparison that no worker has. Null: there is none. */
export async function takeReconciliation(pool: Pool, worker: string): Promise<Reconciliation | null> {
  const { rows } = await pool.query<Reconciliation>(
    `UPDATE reconciliation SET state = 'running', lease_by = $1, lease_until = now() + make_interval(secs => $2), pages = 0, listed = 0
     WHERE id = (
       SELECT id FROM reconciliation WHERE state IN ('waiting', 'running') AND lease_until <= now()
       ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED
     ) RETURNING ${RECONCILIATION_FIELDS}`,
    [worker, LEASE_SECONDS],
  )
  return rows[0] ?? null
}

/** Renews the lease and records the progress. False: another worker has the comparison now. */
export async function renewReconciliation(
  pool: Pool,
  { id, worker, pages, listed }: { id: string; worker: string; pages: number; listed: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE reconciliation SET pages = $3, listed = $4, last_error = NULL, lease_until = now() + make_interval(secs => $5)
     WHERE id = $1 AND lease_by = $2 AND state = 'running'`,
    [id, worker, pages, listed, LEASE_SECONDS],
  )
  return rowCount === 1
}

/** Postpones the comparison by `seconds`. */
export async function postponeReconciliation(
  pool: Pool,
  { id, worker, error, seconds }: { id: string; worker: string; error: string | null; seconds: number },
): Promise<void> {
  await pool.query(
    `UPDATE reconciliation SET state = 'waiting', lease_by = NULL, last_error = $3, lease_until = now() + make_interval(secs => $4)
     WHERE id = $1 AND lease_by = $2 AND state = 'running'`,
    [id, worker, error, seconds],
  )
}

export interface ReconciliationResult extends Pick<Reconciliation, 'listed' | 'byWebhook' | 'bySweep' | 'found' | 'missing' | 'withheld'> {
  /** Null: the listing did not end. */
  readonly eventsSha256: Buffer | null
}

/** Records the result. False: another worker has the comparison now. */
export async function finishReconciliation(pool: Pool, id: string, worker: string, result: ReconciliationResult): Promise<boolean> {
  const { listed, byWebhook, bySweep, found, missing, withheld, eventsSha256 } = result
  const { rowCount } = await pool.query(
    `UPDATE reconciliation SET state = $3, finished_at = now(), last_error = NULL, lease_by = NULL, listed = $4, by_webhook = $5, by_sweep = $6,
       found = $7, missing = $8, doubts = $9, events_sha256 = $10
     WHERE id = $1 AND lease_by = $2 AND state = 'running'`,
    [
      ...[id, worker, withheld.length === 0 ? 'complete' : 'withheld', listed, byWebhook, bySweep, found, missing],
      ...[JSON.stringify(withheld), eventsSha256],
    ],
  )
  return rowCount === 1
}
