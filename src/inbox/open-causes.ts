import type { Pool } from 'pg'
import { isQuiet } from './read-issues.ts'

/** Events that are not finished, by what keeps them: their state and last error. */
export interface OpenCause {
  state: 'accepted' | 'parked' | 'dead'
  /** The issue that they belong to; null: they failed before issues were kept, or have not failed. */
  causeId: string | null
  /** Of the issue: which effect, which call, and how it was answered. */
  effectKind: string | null
  operation: string | null
  status: number | null
  /** Who acknowledged the issue, and what for; null: it is open. */
  acknowledged: { by: string; reason: string } | null
  /** The last error; null: none yet. */
  errorCode: string | null
  /** Of `EFFECT_REFUSED`: the code of the refusal itself, such as PAXOS_SCOPE_MISSING. Null where it is not known. */
  innerCode: string | null
  events: number
  /** Identities among them; events that were not yet confirmed name none. */
  customers: number
  /** When the oldest of them was received. */
  oldestReceivedAt: Date
  /** When the first of them was parked or given up; null for what is unfinished. */
  firstCompletedAt: Date | null
  /** When the next of them is due; of interest for what is unfinished. */
  nextDueAt: Date
}

/** Of each state, the newest so many events are looked at, so that a million failures cost what ten thousand do. */
export const MOST_CAUSED = 10_000

/**
 * Newest events of each unfinished state, grouped; a group with `MOST_CAUSED` events has at least that many. What a muted or resolved issue
 * covers is left out.
 */
export async function readOpenCauses(pool: Pool): Promise<OpenCause[]> {
  const newest = (state: string): string =>
    // As a range, for the index that holds only what is open (see openInOrder in read-events.ts).
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

/** Identities of unfinished or given-up events whose last error this is; the newest `MOST_CAUSED` events of each state are looked at. */
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
