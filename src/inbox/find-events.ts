import type { Pool } from 'pg'
import type { EventState } from '../domain/event-state.ts'
import { OWN_ID_PREFIX } from './own-ids.ts'

/** An event, or the command behind one, that a search found. */
export interface FoundEvent {
  eventId: string
  /** The command's id; null: the event came from Paxos. */
  commandId: string | null
  type: string
  state: EventState
  identityId: string | null
  streamId: string | null
  receivedAt: Date
}

const COMMAND_PREFIX = `${OWN_ID_PREFIX}command:`
const COLUMNS = `event_id AS "eventId", CASE WHEN origin = 'command' THEN substr(event_id, ${COMMAND_PREFIX.length + 1}) END AS "commandId",
  type, state, identity_id AS "identityId", stream_id AS "streamId", received_at AS "receivedAt"`

/** Events with an id, or with a command's id, that matches one of these LIKE patterns: at most `limit` of each, in the order of ids. */
export async function findEvents(pool: Pool, patterns: readonly string[], limit: number): Promise<FoundEvent[]> {
  const wanted = [...patterns, ...patterns.map((pattern) => `${COMMAND_PREFIX}${pattern}`)]
  const branches = wanted.map(
    (_pattern, at) => `(SELECT ${COLUMNS} FROM inbox_event WHERE event_id LIKE $${at + 2} ORDER BY event_id LIMIT $1)`,
  )
  const { rows } = await pool.query<FoundEvent>(branches.join('\nUNION\n'), [limit, ...wanted])
  return rows
}

/** The event of the first command of each of these streams. A stream without a command is absent. */
export async function commandEventsOf(pool: Pool, streamIds: readonly string[]): Promise<Map<string, string>> {
  if (streamIds.length === 0) return new Map()
  const { rows } = await pool.query<{ streamId: string; id: string }>(
    'SELECT DISTINCT ON (stream_id) stream_id AS "streamId", id FROM command WHERE stream_id = ANY ($1) ORDER BY stream_id, created_at',
    [streamIds],
  )
  return new Map(rows.map(({ streamId, id }) => [streamId, `${COMMAND_PREFIX}${id}`]))
}
