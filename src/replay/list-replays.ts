import type { Pool } from 'pg'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { REPLAY_COLUMNS, type ReplayHead, type ReplayRow, toHead } from './replay.ts'

/** A replay as a line of the list. */
export interface ReplayLine extends ReplayHead {
  /** How many events it has. */
  events: number
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** One page of all plans and runs, last planned first. @throws UsageError for a foreign cursor */
export async function listReplays(
  pool: Pool,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<ReplayLine>> {
  const [plannedAt = null, id = null] = cursor ? decodeCursor(cursor, [INSTANT, ID]) : []
  const { rows } = await pool.query<ReplayRow & { events: number }>(
    `SELECT ${REPLAY_COLUMNS}, (SELECT count(*)::int FROM replay_item i WHERE i.replay_id = replay.id) AS events FROM replay
     WHERE $1::timestamptz IS NULL OR (planned_at, id) < ($1, $2::uuid) ORDER BY planned_at DESC, id DESC LIMIT $3`,
    [plannedAt, id, limit + 1],
  )
  return cutPage(rows, {
    limit,
    view: (row) => ({ ...toHead(row), events: row.events }),
    key: (row) => [row.planned_at.toISOString(), row.id],
  })
}
