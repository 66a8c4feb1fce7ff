import type { Pool, PoolClient } from 'pg'
import type { EventState } from '../domain/event-state.ts'

/** The content of a job on the queue: the event and its generation. */
export interface OpenEvent {
  /** bigint as text. */
  seq: string
  generation: number
  /** Number of the job that it shares with others (bigint as text); null: it has a job of its own. */
  batch: string | null
}

/** The end of work that changed no stream. (The ledger's commit completes the other events.) Absent fields stay unchanged. */
export interface Completion {
  seq: string
  /** Only completes this generation of the event; any when absent. */
  generation?: number
  /**
   * `accepted`: it will be tried again at `dueAt`, by a job of its own. The worker that says so survived the work, so its strikes are void.
   */
  state: Exclude<EventState, 'test'>
  outcome?: string
  /** Only raises the trust: a confirmed event stays confirmed. */
  trust?: 'hint' | 'confirmed'
  identityId?: string
  attempts?: number
  unknownOutcomes?: number
  dueAt?: Date
  /** The last error; absent or null: none. */
  errorCode?: string | null
  errorDetail?: string | null
  /** Id of its cause (`failure_cause`). When absent, the known cause stays until the error is cleared. */
  causeId?: string
}

/** Seconds after which the dispatcher counts a claimed event's job as lost. */
const CLAIM_SECONDS = 60

/**
 * Claims due, unfinished events for the queue, longest due first. Parallel dispatchers claim different events. An event that a dispatcher
 * loses is due again a minute later.
 */
export async function claimDueEvents(pool: Pool, { limit }: { limit: number }): Promise<OpenEvent[]> {
  const { rows } = await pool.query<OpenEvent>({
    name: 'claim-due-events',
    text: `
WITH due AS MATERIALIZED (
  SELECT seq, due_at FROM inbox_event WHERE state = 'accepted' AND due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE inbox_event AS i SET due_at = now() + make_interval(secs => $2) FROM due WHERE i.seq = due.seq
  RETURNING i.seq, i.generation, i.batch, due.due_at AS was_due
)
SELECT seq, generation, batch FROM claimed ORDER BY was_due, seq`,
    values: [limit, CLAIM_SECONDS],
  })
  return rows
}

/**
 * Completes unfinished events in one statement. Returns for each whether it was still unfinished (and of that generation), so a late worker
 * changes nothing. If an event appears twice, the last completion counts. Rows are locked in the order of their event ids, as in accepting.
 * The state is compared inside a CASE, else a plan might use the index of all unfinished events.
 */
export async function completeEvents(pool: Pool, completions: readonly Completion[]): Promise<boolean[]> {
  const last = new Map(completions.map((completion) => [completion.seq, completion]))
  const { rows } = await pool.query<{ seq: string }>({
    name: 'complete-events',
    text: `
WITH completion AS (
  SELECT * FROM json_to_recordset($1::json) AS s (
    seq bigint, generation integer, state text, outcome text, trust text, "identityId" text, attempts integer,
    "unknownOutcomes" integer, "dueAt" timestamptz, "errorCode" text, "errorDetail" text, "causeId" text)
), locked AS MATERIALIZED (
  SELECT seq FROM inbox_event WHERE seq IN (SELECT seq FROM completion) ORDER BY event_id FOR UPDATE
)
UPDATE inbox_event AS i SET
  state = s.state,
  outcome = coalesce(s.outcome, i.outcome),
  trust = CASE WHEN s.trust = 'confirmed' THEN s.trust ELSE i.trust END,
  identity_id = coalesce(s."identityId", i.identity_id),
  attempts = coalesce(s.attempts, i.attempts),
  unknown_outcomes = coalesce(s."unknownOutcomes", i.unknown_outcomes),
  strikes = CASE WHEN s.state = 'accepted' THEN 0 ELSE i.strikes END,
  batch = CASE WHEN s.state <> 'accepted' THEN i.batch END,
  due_at = coalesce(s."dueAt", i.due_at),
  error_code = s."errorCode",
  error_detail = s."errorDetail",
  cause_id = CASE WHEN s."errorCode" IS NOT NULL THEN coalesce(s."causeId", i.cause_id) END,
  completed_at = CASE WHEN s.state <> 'accepted' THEN now() END
FROM completion s JOIN locked USING (seq)
WHERE i.seq = s.seq AND CASE i.state WHEN 'accepted' THEN i.generation END = coalesce(s.generation, i.generation)
RETURNING i.seq`,
    values: [JSON.stringify([...last.values()])],
  })
  const completed = new Set(rows.map(({ seq }) => seq))
  return completions.map(({ seq }) => completed.has(seq))
}

/**
 * Opens events again for a replay, due at once and with nothing spent. Test and dismissed events stay unchanged. The new generation tells
 * their jobs from old ones that the queue may still have. `operator` authority: the live status may release a hold.
 */
export async function reopenEvents(
  on: Pool | PoolClient,
  seqs: readonly string[],
  { authority }: { authority: 'machine' | 'operator' },
): Promise<OpenEvent[]> {
  const { rows } = await on.query<OpenEvent>(
    `WITH locked AS MATERIALIZED (
       SELECT seq FROM inbox_event WHERE seq = ANY ($1::bigint[]) AND state NOT IN ('test', 'dismissed') ORDER BY event_id FOR UPDATE
     )
     UPDATE inbox_event AS i SET state = 'accepted', generation = i.generation + 1, attempts = 0, unknown_outcomes = 0, strikes = 0,
       authority = $2, due_at = now(), completed_at = NULL, batch = NULL
     FROM locked WHERE i.seq = locked.seq
     RETURNING i.seq, i.generation, i.batch`,
    [seqs, authority],
  )
  return rows
}

/** Counts a strike before the event is worked on alone. Returns the new number; 0: no such event. */
export async function recordStrike(pool: Pool, seq: string): Promise<number> {
  const { rows } = await pool.query<{ strikes: number }>('UPDATE inbox_event SET strikes = strikes + 1 WHERE seq = $1 RETURNING strikes', [
    seq,
  ])
  return rows[0]?.strikes ?? 0
}
