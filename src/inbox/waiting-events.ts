import type { Pool } from 'pg'

/** An event that waits for its confirmation, or that has evidence from a listing and is not worked on yet. */
export interface WaitingRow {
  eventId: string
  occurredAt: Date
  evidence: unknown
}

/** The oldest and the newest waiting events, at most `limit` together: in a flood the newest events must not wait behind all others. */
export async function waitingEvents(pool: Pool, limit: number): Promise<WaitingRow[]> {
  const newest = Math.floor(limit / 3)
  const { rows } = await pool.query<WaitingRow>({
    name: 'waiting-events',
    text: `
WITH oldest AS (
  SELECT seq, event_id, occurred_at, evidence FROM inbox_event
  WHERE state >= 'accepted' AND state <= 'accepted' AND origin IN ('webhook', 'sweep') AND (trust = 'hint' OR evidence IS NOT NULL) ORDER BY state, seq LIMIT $1
), newest AS (
  SELECT seq, event_id, occurred_at, evidence FROM inbox_event
  WHERE state >= 'accepted' AND state <= 'accepted' AND origin IN ('webhook', 'sweep') AND (trust = 'hint' OR evidence IS NOT NULL)
    AND seq > (SELECT max(seq) FROM oldest) AND (SELECT count(*) FROM oldest) = $1
  ORDER BY state DESC, seq DESC LIMIT $2
)
SELECT event_id AS "eventId", occurred_at AS "occurredAt", evidence FROM (SELECT * FROM oldest UNION ALL SELECT * FROM newest) AS w ORDER BY seq`,
    values: [limit - newest, newest],
  })
  return rows
}

/** Takes unfinished events out of their shared jobs, so that jobs of their own may go first. */
export async function splitFromBatches(
  pool: Pool,
  eventIds: readonly string[],
): Promise<{ seq: string; generation: number; batch: null }[]> {
  const { rows } = await pool.query<{ seq: string; generation: number; batch: null }>(
    `WITH locked AS MATERIALIZED (
       SELECT seq FROM inbox_event WHERE event_id = ANY ($1) AND state = 'accepted' ORDER BY event_id FOR UPDATE
     )
     UPDATE inbox_event AS i SET batch = NULL FROM locked WHERE i.seq = locked.seq RETURNING i.seq, i.generation, i.batch`,
    [eventIds],
  )
  return rows
}
