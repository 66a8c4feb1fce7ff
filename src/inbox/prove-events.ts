import type { Pool } from 'pg'

/** What List Events showed of an event. */
export interface Proof {
  eventId: string
  /** Plain JSON, stored unchanged. */
  evidence: unknown
}

/** What `proveEvents` changed. */
export interface Proven {
  /** Unfinished events that need no second confirmation now. */
  proven: number
  /** Those of them that were parked as unknown to Paxos. They are due at once. */
  reopened: number
}

/**
 * A listing by Paxos proves an event. Unfinished events keep what the listing showed. Events that were parked as unknown are opened again,
 * with a new generation. Other events are not written. Rows are locked in the order of their event ids, as in accepting.
 */
export async function proveEvents(pool: Pool, proofs: readonly Proof[]): Promise<Proven> {
  const { rows } = await pool.query<{ reopened: boolean }>({
    name: 'prove-events',
    text: `
WITH proof AS (
  SELECT * FROM json_to_recordset($1::json) AS p ("eventId" text, evidence jsonb)
), locked AS MATERIALIZED (
  SELECT i.seq, p.evidence AS shown, i.state = 'parked' AS reopened FROM inbox_event AS i JOIN proof AS p ON p."eventId" = i.event_id
  WHERE i.state = 'accepted' AND i.trust = 'hint' OR i.state = 'parked' AND i.error_code = 'EVENT_UNKNOWN_TO_PAXOS'
  ORDER BY i.event_id FOR UPDATE OF i
)
UPDATE inbox_event AS i SET
  evidence = shown,
  trust = 'confirmed',
  state = 'accepted',
  generation = CASE WHEN reopened THEN i.generation + 1 ELSE i.generation END,
  attempts = CASE WHEN reopened THEN 0 ELSE i.attempts END,
  batch = CASE WHEN reopened THEN NULL ELSE i.batch END,
  due_at = CASE WHEN reopened THEN now() ELSE i.due_at END,
  completed_at = NULL
FROM locked WHERE i.seq = locked.seq
RETURNING reopened`,
    values: [JSON.stringify(proofs)],
  })
  return { proven: rows.length, reopened: rows.filter(({ reopened }) => reopened).length }
}
