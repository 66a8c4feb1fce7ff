import type { Pool } from 'pg'
import { UUID } from '../platform/opaque-id.ts'
import { cutPage, decodeCursor, ISO_TIME, type Page } from '../platform/page.ts'
import { REPLAY_FIELDS, type ReplayHead } from './replay-record.ts'

/** A replay as a line of the list. */
export type ReplayLine = ReplayHead

/** One page of all plans and runs, last planned first. @throws UsageError for a foreign cursor */
export async function listReplays(
  pool: Pool,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<ReplayLine>> {
  const [plannedAt = null, id = null] = cursor ? decodeCursor(cursor, [ISO_TIME, UUID]) : []
  const { rows } = await pool.query<ReplayHead>(
    `SELECT ${REPLAY_FIELDS} FROM replay
     WHERE $1::timestamptz IS NULL OR (planned_at, id) < ($1, $2::uuid) ORDER BY planned_at DESC, id DESC LIMIT $3`,
    [plannedAt, id, limit + 1],
  )
  return cutPage(rows, { limit, view: (head) => head, key: ({ plannedAt, id: lastId }) => [plannedAt.toISOString(), lastId] })
}
