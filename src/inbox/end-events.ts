import type { Pool } from 'pg'
import { OWN_ID_PREFIX } from './own-ids.ts'

/**
 * Dismisses every unfinished event, command and timer of these streams and of this identity, in the name of a person. Returns their number.
 * Rows are locked in the order of their event ids, as in accepting.
 */
export async function endEvents(
  pool: Pool,
  { streamIds, identityId, by, reason }: { streamIds: readonly string[]; identityId: string; by: string; reason: string },
): Promise<number> {
  const { rows } = await pool.query(
    `WITH locked AS MATERIALIZED (
       SELECT seq, state FROM inbox_event
       WHERE seq IN (
         SELECT seq FROM inbox_event WHERE identity_id = $2
         UNION ALL SELECT i.seq FROM command AS c JOIN inbox_event AS i ON i.event_id = $5 || c.id WHERE c.stream_id = ANY ($1::text[])
       ) AND state IN ('accepted', 'parked', 'dead')
       ORDER BY event_id FOR UPDATE
     ), noted AS (
       INSERT INTO event_dismissal (seq, from_state, dismissed_by, reason)
       SELECT seq, CASE state WHEN 'accepted' THEN 'parked' ELSE state END, $3, $4 FROM locked
       ON CONFLICT (seq) DO UPDATE SET from_state = excluded.from_state, dismissed_by = excluded.dismissed_by, reason = excluded.reason, dismissed_at = now()
     )
     UPDATE inbox_event AS i SET state = 'dismissed', batch = NULL, completed_at = coalesce(i.completed_at, now()) FROM locked WHERE i.seq = locked.seq RETURNING i.seq`,
    [streamIds, identityId, by, reason, `${OWN_ID_PREFIX}command:`],
  )
  return rows.length
}

/**
 * Replaces the hashes of the data of these streams' requests: with ENCRYPTION_KEY, a guess could be tested against them. Returns the number
 * of requests.
 */
export async function forgetInputs(pool: Pool, streamIds: readonly string[]): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE command SET input_hash = ''::bytea, field_hashes = '{}' WHERE stream_id = ANY ($1::text[]) AND kind IN ('create-onboarding', 'change-identity')`,
    [streamIds],
  )
  return rowCount ?? 0
}
