import type { Pool } from 'pg'
import { isQuiet } from './read-issues.ts'

/** Unfinished events, grouped by state and last error. */
export interface OpenCause {
  state: 'accepted' | 'parked' | 'dead'
  /** Their issue; null: they failed before Gatehouse kept issues, or have not failed. */
  causeId: string | null
  /** The kind of effect, its call and its HTTP status; null: unknown. */
  effectKind: string | null
  operation: string | null
  status: number | null
  /** Who acknowledged the issue, and the reason; null: it is open. */
  acknowledged: { by: string; reason: string } | null
  /** The last error; null: none yet. */
  errorCode: string | null
  /** For `EFFECT_REFUSED`: the code of the refusal, such as PAXOS_SCOPE_MISSING. Null: unknown. */
  innerCode: string | null
  events: number
  /** Number of identities. Unconfirmed events name none. */
  customers: number
  /** When the oldest event was received. */
  oldestReceivedAt: Date
  /** When the first event was parked or given up; null for unfinished events. */
  firstCompletedAt: Date | null
  /** When the next event is due; only meaningful for unfinished events. */
  nextDueAt: Date
}

/** The newest events of each state that are read, so that a million failures cost what 10,000 cost. */
export const MOST_CAUSED = 10_000

/**
 * The newest events of each unfinished state, grouped. A group of `MOST_CAUSED` events has at least that many. Events of muted and resolved
 * issues are left out.
 */
export async function readOpenCauses(pool: Pool): Promise<OpenCause[]> {
  const newest = (state: string): string =>
    // As a range, so that Postgres uses the index of open events (see openInOrder in read-events.ts).
    `(SELECT seq, generation, state, cause_id, error_code, identity_id, received_at, completed_at, due_at FROM inbox_event
      WHERE state >= '${state}' AND state <= '${state}' ORDER BY state DESC, seq DESC LIMIT ${MOST_CAUSED})`
  const { rows } = await pool.query<OpenCause>(
    `SELECT state, error_code AS "errorCode", nullif(c.code, error_code) AS "innerCode", c.id AS "causeId",
       c.effect_kind AS "effectKind", c.operation, c.status,
       CASE WHEN c.treatment = 'acknowledged' THEN json_build_object('by', c.treated_by, 'reason', c.reason) END AS acknowledged, count(*)::int AS events, count(DISTINCT identity_id)::int AS customers,
       min(received_at) AS "oldestReceivedAt", min(completed_at) AS "firstCompletedAt", min(due_at) AS "nextDueAt"
     FROM (${['accepted', 'parked', 'dead'].map(newest).join(' UNION ALL ')}) AS open LEFT JOIN failure_cause AS c ON c.id = cause_id
     WHERE open.state = 'accepted' OR NOT coalesce(${isQuiet('open')}, false)
     GROUP BY 1, 2, 3, c.id ORDER BY count(*) DESC, 1, 2, 3, c.id`,
  )
  return rows
}

/** Identities of unfinished and given-up events with this last error, among the newest `MOST_CAUSED` events of each state. */
export async function identitiesFailingWith(pool: Pool, errorCode: string): Promise<string[]> {
  const newest = (state: string): string =>
    `(SELECT identity_id, error_code FROM inbox_event WHERE state >= '${state}' AND state <= '${state}' ORDER BY state DESC, seq DESC LIMIT ${MOST_CAUSED})`
  const { rows } = await pool.query<{ identity_id: string }>(
    `SELECT DISTINCT identity_id FROM (${['accepted', 'parked', 'dead'].map(newest).join(' UNION ALL ')}) AS open
     WHERE error_code = $1 AND identity_id IS NOT NULL`,
    [errorCode],
  )
  return rows.map(({ identity_id }) => identity_id)
}
