import type { Pool } from 'pg'
import { EVENT_STATES, type EventState } from '../domain/event-state.ts'
import type { OpenEvent } from './complete-events.ts'
import { OWN_ID_PREFIX } from './own-ids.ts'

export interface Timer {
  streamId: string
  /** `poll-order`: names the route that works on it. A stream has one timer of each name. */
  name: string
  dueAt: Date
  identityId?: string | undefined
}

export interface SetTimers {
  /** Which ended timers are opened again: all (true), none (false), or those that succeeded, so that one that needs a person stays parked. */
  reopen?: boolean | 'processed'
}

/** Every state but the waiting one. */
const ENDED: readonly EventState[] = EVENT_STATES.filter((state) => state !== 'accepted')

/**
 * Sets timers in one statement: inbox rows of origin `timer` that the dispatcher takes up at their time. A waiting timer is neither changed
 * nor locked, so a caller may set it again after a crash. `reopen` says which ended ones are opened again. Resolves with those that it set.
 */
export async function setTimers(pool: Pool, timers: readonly Timer[], { reopen = true }: SetTimers = {}): Promise<OpenEvent[]> {
  if (timers.length === 0) return []
  const reopened = reopen === true ? ENDED : reopen === 'processed' ? ['processed'] : []
  const { rows } = await pool.query<{ seq: string; generation: number }>(
    `INSERT INTO inbox_event AS i (event_id, type, occurred_at, is_test, origin, delivery_count, trust, stream_id, identity_id, due_at)
     SELECT t.event_id, t.type, now(), false, 'timer', 0, 'confirmed', t.stream_id, t.identity_id, t.due_at
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS t (event_id, type, stream_id, identity_id, due_at)
     WHERE NOT EXISTS (SELECT 1 FROM inbox_event AS w WHERE w.event_id = t.event_id AND w.state <> ALL ($6::text[]))
     ORDER BY t.event_id
     ON CONFLICT (event_id) DO UPDATE SET state = 'accepted', generation = i.generation + 1, attempts = 0, unknown_outcomes = 0, strikes = 0,
       outcome = NULL, error_code = NULL, error_detail = NULL, cause_id = NULL, completed_at = NULL, due_at = excluded.due_at
     WHERE i.state = ANY ($6::text[])
     RETURNING seq, generation`,
    [
      timers.map(({ streamId, name }) => timerId(streamId, name)),
      timers.map(({ name }) => name),
      timers.map(({ streamId }) => streamId),
      timers.map(({ identityId }) => identityId ?? null),
      timers.map(({ dueAt }) => dueAt),
      reopened,
    ],
  )
  return rows.map(({ seq, generation }) => ({ seq, generation, batch: null }))
}

/** Ends a timer that is no longer needed. An ended or unknown timer stays unchanged. */
export async function cancelTimer(pool: Pool, { streamId, name }: Pick<Timer, 'streamId' | 'name'>): Promise<void> {
  await pool.query(
    `UPDATE inbox_event SET state = 'processed', outcome = 'cancelled:no-longer-wanted', completed_at = now(), error_code = NULL, error_detail = NULL,
       cause_id = NULL
     WHERE event_id = $1 AND state = 'accepted'`,
    [timerId(streamId, name)],
  )
}

/** The id follows from stream and name alone, so setting a timer twice sets it once. */
function timerId(streamId: string, name: string): string {
  return `${OWN_ID_PREFIX}timer:${name}:${streamId}`
}
