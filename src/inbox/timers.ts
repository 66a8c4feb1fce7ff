import type { Pool } from 'pg'
import { OWN_ID_PREFIX } from './own-ids.ts'

export interface Timer {
  streamId: string
  /** What for, and the route that works on it: `poll-order`. One stream has one timer of a name. */
  name: string
  dueAt: Date
  identityId?: string | undefined
}

/**
 * Sets a timer: an inbox row of origin `timer` that the dispatcher takes up at its time. Setting one that still waits changes nothing, so a
 * caller may set it again after a crash; one that has ended is opened again.
 */
export async function setTimer(pool: Pool, { streamId, name, dueAt, identityId }: Timer): Promise<void> {
  await pool.query(
    `INSERT INTO inbox_event AS i (event_id, type, occurred_at, is_test, origin, delivery_count, trust, stream_id, identity_id, due_at)
     VALUES ($1, $2, now(), false, 'timer', 0, 'confirmed', $3, $4, $5)
     ON CONFLICT (event_id) DO UPDATE SET state = 'accepted', generation = i.generation + 1, attempts = 0, unknown_outcomes = 0, strikes = 0,
       outcome = NULL, error_code = NULL, error_detail = NULL, cause_id = NULL, completed_at = NULL, due_at = excluded.due_at
     WHERE i.state <> 'accepted'`,
    [timerId(streamId, name), name, streamId, identityId ?? null, dueAt],
  )
}

/** Ends a timer that is no longer wanted; one that has ended, or is not there, stays as it is. */
export async function cancelTimer(pool: Pool, { streamId, name }: Pick<Timer, 'streamId' | 'name'>): Promise<void> {
  await pool.query(
    `UPDATE inbox_event SET state = 'processed', outcome = 'cancelled:no-longer-wanted', completed_at = now(), error_code = NULL, error_detail = NULL,
       cause_id = NULL
     WHERE event_id = $1 AND state = 'accepted'`,
    [timerId(streamId, name)],
  )
}

/** Made of stream and name alone, so that setting a timer twice sets it once. */
function timerId(streamId: string, name: string): string {
  return `${OWN_ID_PREFIX}timer:${name}:${streamId}`
}
