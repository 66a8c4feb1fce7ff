import type { Pool } from 'pg'
import { OWN_ID_PREFIX } from './own-ids.ts'

/**
 * Those of these streams whose commands all ended before `before` without success: refused, given up or dismissed. A stream without a
 * command is not among them.
 */
export async function streamsOfFailedCommands(pool: Pool, streamIds: readonly string[], before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ streamId: string }>(
    `SELECT c.stream_id AS "streamId" FROM command AS c JOIN inbox_event AS i ON i.event_id = $1 || c.id
     WHERE c.stream_id = ANY ($2::text[])
     GROUP BY c.stream_id HAVING bool_and(i.state IN ('parked', 'dead', 'dismissed') AND i.completed_at < $3)`,
    [`${OWN_ID_PREFIX}command:`, streamIds, before],
  )
  return rows.map(({ streamId }) => streamId)
}
