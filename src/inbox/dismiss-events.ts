import type { Pool, PoolClient } from 'pg'

/** Who dismissed an event, when and why. */
export interface Dismissal {
  by: string
  reason: string
  at: Date
}

/**
 * Dismisses parked and dead events (seqs: bigint as text) in the name of a person. Others stay unchanged. Returns the dismissed ones. Rows
 * are locked in the order of their event ids, as in accepting.
 */
export async function dismissEvents(
  on: Pool | PoolClient,
  seqs: readonly string[],
  { by, reason }: { by: string; reason: string },
): Promise<string[]> {
  const { rows } = await on.query<{ seq: string }>(
    `WITH locked AS MATERIALIZED (
       SELECT seq, state FROM inbox_event WHERE seq = ANY ($1::bigint[]) AND state IN ('parked', 'dead') ORDER BY event_id FOR UPDATE
     ), noted AS (
       INSERT INTO event_dismissal (seq, from_state, dismissed_by, reason) SELECT seq, state, $2, $3 FROM locked
       ON CONFLICT (seq) DO UPDATE SET from_state = excluded.from_state, dismissed_by = excluded.dismissed_by, reason = excluded.reason, dismissed_at = now()
     )
     UPDATE inbox_event AS i SET state = 'dismissed' FROM locked WHERE i.seq = locked.seq RETURNING i.seq`,
    [seqs, by, reason],
  )
  return rows.map(({ seq }) => seq)
}

/**
 * Returns dismissed events (seqs: bigint as text) to their earlier state. Their last dismissal stays on record. Returns the restored ones.
 */
export async function restoreEvents(on: Pool | PoolClient, seqs: readonly string[]): Promise<string[]> {
  const { rows } = await on.query<{ seq: string }>(
    `WITH locked AS MATERIALIZED (
       SELECT seq FROM inbox_event WHERE seq = ANY ($1::bigint[]) AND state = 'dismissed' ORDER BY event_id FOR UPDATE
     )
     UPDATE inbox_event AS i SET state = d.from_state FROM locked JOIN event_dismissal AS d USING (seq) WHERE i.seq = locked.seq RETURNING i.seq`,
    [seqs],
  )
  return rows.map(({ seq }) => seq)
}

/** The dismissals of these events, by event id. An event that is not dismissed is absent. */
export async function readDismissals(pool: Pool, eventIds: readonly string[]): Promise<Map<string, Dismissal>> {
  const { rows } = await pool.query<Dismissal & { event_id: string }>(
    `SELECT i.event_id, d.dismissed_by AS by, d.reason, d.dismissed_at AS at FROM inbox_event AS i JOIN event_dismissal AS d USING (seq)
     WHERE i.state = 'dismissed' AND i.event_id = ANY ($1::text[])`,
    [eventIds],
  )
  return new Map(rows.map(({ event_id, ...dismissal }) => [event_id, dismissal]))
}

/** The seqs (bigint as text) of these event ids. An event that was never received is absent. */
export async function seqsOf(pool: Pool, eventIds: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ event_id: string; seq: string }>(
    'SELECT event_id, seq FROM inbox_event WHERE event_id = ANY ($1::text[])',
    [eventIds],
  )
  return new Map(rows.map(({ event_id, seq }) => [event_id, seq]))
}
