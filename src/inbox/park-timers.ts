import type { Pool } from 'pg'
import { OWN_ID_PREFIX } from './own-ids.ts'

export interface ParkedTimer {
  streamId: string
  /** Names the route that works on it. */
  name: string
  identityId: string
}

/**
 * Puts work into the inbox that only an approved replay may start: parked, with a code. Resolves with the ids of the events. Safe to repeat: a timer that
 * is already open stays as it is, and one that ended is parked again.
 */
export async function parkTimers(
  pool: Pool,
  timers: readonly ParkedTimer[],
  why: { errorCode: string; detail: string },
): Promise<string[]> {
  const ids = timers.map(({ streamId, name }) => `${OWN_ID_PREFIX}timer:${name}:${streamId}`)
  await pool.query(
    `INSERT INTO inbox_event AS i (event_id, type, occurred_at, is_test, origin, delivery_count, trust, stream_id, identity_id, state, error_code, error_detail, completed_at)
     SELECT t.event_id, t.type, now(), false, 'timer', 0, 'confirmed', t.stream_id, t.identity_id, 'parked', $5, $6, now()
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (event_id, type, stream_id, identity_id) ORDER BY t.event_id
     ON CONFLICT (event_id) DO UPDATE SET state = 'parked', outcome = NULL, error_code = $5, error_detail = $6, completed_at = now()
     WHERE i.state IN ('processed', 'dismissed')`,
    [
      ids,
      timers.map(({ name }) => name),
      timers.map(({ streamId }) => streamId),
      timers.map(({ identityId }) => identityId),
      why.errorCode,
      why.detail,
    ],
  )
  return ids
}
