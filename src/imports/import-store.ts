import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Pool } from 'pg'
import { IMPORT_ID, type ImportCounts, type ImportRecord, type RejectedLine } from '../domain/bulk-import.ts'
import { cutPage, decodeCursor, ISO_TIME, type Page } from '../platform/page.ts'
import { selectList } from '../platform/postgres/select-list.ts'
import { ImportLeaseLostError } from './import-errors.ts'

/** Lease of a process on an import, seconds. It is renewed every 5 s. */
const LEASE_SECONDS = 30

const FIELDS = selectList<ImportRecord>({
  id: true,
  state: "CASE WHEN finished_at IS NOT NULL THEN 'finished' WHEN lease_until > now() THEN 'running' ELSE 'stopped' END",
  fileSha256: "encode(file_sha256, 'hex')",
  format: true,
  records: true,
  position: true,
  created: true,
  existing: true,
  held: true,
  rejected: true,
  requestedBy: true,
  requestedAt: true,
  finishedAt: true,
  lastError: true,
})

/** Records an import. An existing one stays unchanged. */
export async function requestImport(
  pool: Pool,
  {
    id,
    fileSha256,
    format,
    records,
    requestedBy,
    requestedAt,
  }: Omit<ImportRecord, keyof ImportCounts | 'state' | 'position' | 'finishedAt' | 'lastError'>,
): Promise<void> {
  await pool.query(
    `INSERT INTO import (id, file_sha256, format, records, requested_by, requested_at)
     VALUES ($1, decode($2, 'hex'), $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
    [id, fileSha256, format, records, requestedBy, requestedAt],
  )
}

export async function findImport(pool: Pool, id: string): Promise<ImportRecord | null> {
  const { rows } = await pool.query<ImportRecord>(`SELECT ${FIELDS} FROM import WHERE id = $1`, [id])
  return rows[0] ?? null
}

/** One page, last requested first. @throws UsageError for a foreign cursor */
export async function listImports(
  pool: Pool,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<ImportRecord>> {
  const [at, id] = cursor ? decodeCursor(cursor, [ISO_TIME, IMPORT_ID]) : []
  const { rows } = await pool.query<ImportRecord>(
    `SELECT ${FIELDS} FROM import WHERE $1::timestamptz IS NULL OR (requested_at, id) < ($1::timestamptz, $2)
     ORDER BY requested_at DESC, id DESC LIMIT $3`,
    [at ?? null, id ?? null, limit + 1],
  )
  return cutPage(rows, { limit, view: (found) => found, key: ({ requestedAt, id: lastId }) => [requestedAt.toISOString(), lastId] })
}

/** Rejected lines after `afterLine`, in the order of the file. */
export async function listRejectedLines(
  pool: Pool,
  id: string,
  { afterLine, limit }: { afterLine: number; limit: number },
): Promise<RejectedLine[]> {
  const { rows } = await pool.query<RejectedLine>(
    'SELECT line, code, fields FROM import_reject WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3',
    [id, afterLine, limit],
  )
  return rows
}

/** What one run may do with an import while it has the lease. */
export interface ImportLease {
  /** @throws ImportLeaseLostError */
  renew(): Promise<void>
  /** Records the results of the next `count` records after `from`, all or nothing. @throws ImportLeaseLostError */
  record(results: { from: number; count: number; counts: ImportCounts; rejected: readonly RejectedLine[] }): Promise<void>
  /** Every record has a result. @throws ImportLeaseLostError */
  finish(): Promise<void>
  /** Releases the lease. `error`: the code of what stopped the run. */
  release(error: string | null): Promise<void>
}

/** Null while another process holds the lease. A killed process of this machine holds it no longer; any other one for 30 s. */
export async function takeImport(pool: Pool, id: string): Promise<ImportLease | null> {
  const holder = `${hostname()}/${process.pid}/${randomUUID()}`
  const { rows } = await pool.query<{ lease_by: string | null }>('SELECT lease_by FROM import WHERE id = $1', [id])
  const before = rows[0]?.lease_by ?? null
  const { rowCount } = await pool.query(
    `UPDATE import SET lease_by = $2, lease_until = now() + make_interval(secs => $3), last_error = NULL
     WHERE id = $1 AND finished_at IS NULL AND (lease_until <= now() OR lease_by = $4)`,
    [id, holder, LEASE_SECONDS, before !== null && isDead(before) ? before : null],
  )
  return rowCount === 1 ? leaseOf(pool, { id, holder }) : null
}

function leaseOf(pool: Pool, { id, holder }: { id: string; holder: string }): ImportLease {
  const held = async (sql: string, values: readonly unknown[]): Promise<void> => {
    const { rowCount } = await pool.query(sql, [id, holder, ...values])
    if (rowCount !== 1) throw new ImportLeaseLostError(id)
  }
  return {
    renew: () => held('UPDATE import SET lease_until = now() + make_interval(secs => $3) WHERE id = $1 AND lease_by = $2', [LEASE_SECONDS]),
    record: ({ from, count, counts, rejected }) =>
      held(
        `WITH moved AS (
           UPDATE import SET position = position + $4, created = created + $5, existing = existing + $6, held = held + $7, rejected = rejected + $8,
             lease_until = now() + make_interval(secs => $10)
           WHERE id = $1 AND lease_by = $2 AND position = $3 RETURNING id
         ), kept AS (
           INSERT INTO import_reject (import_id, line, code, fields)
           SELECT moved.id, r.line, r.code, r.fields FROM moved, jsonb_to_recordset($9::jsonb) AS r (line integer, code text, fields jsonb)
         )
         SELECT id FROM moved`,
        [from, count, counts.created, counts.existing, counts.held, counts.rejected, JSON.stringify(rejected), LEASE_SECONDS],
      ),
    finish: () =>
      held(
        `UPDATE import SET finished_at = now(), lease_by = NULL, lease_until = '-infinity'
         WHERE id = $1 AND lease_by = $2 AND position = records AND finished_at IS NULL`,
        [],
      ),
    release: async (error) => {
      await pool.query("UPDATE import SET lease_by = NULL, lease_until = '-infinity', last_error = $3 WHERE id = $1 AND lease_by = $2", [
        id,
        holder,
        error,
      ])
    },
  }
}

/** Whether the holder was a process of this machine that has ended. */
function isDead(holder: string): boolean {
  const [host, pid] = holder.split('/')
  if (host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
