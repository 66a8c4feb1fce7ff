import type { Pool } from 'pg'
import type { FailureCause } from './failure-cause.ts'

/**
 * Where an issue stands: all failures of one cause.
 *
 * - `open`: needs a person. In: its first failure; a failure after it was resolved; the end of a mute; an operator. Out: an operator.
 * - `acknowledged`: a person works on it; home still names it, as a warning. In: an operator. Out: an operator.
 * - `muted`: home does not name it until its time is over, even if more events fail. In: an operator. Out: that time, or an operator.
 * - `resolved`: home does not name what failed before. In: an operator. Out: a later failure, or an operator.
 */
export const ISSUE_STATES = ['open', 'acknowledged', 'muted', 'resolved'] as const
export type IssueState = (typeof ISSUE_STATES)[number]

/** All failures of one cause, and an operator's decision on them. */
export interface Issue extends FailureCause {
  readonly id: string
  readonly state: IssueState
  /** It was resolved and has failed again. */
  readonly reopened: boolean
  /** Parked, dead and unfinished events with this cause; with `atLeast`, of the newest 10,000. */
  readonly parked: number
  readonly dead: number
  readonly unfinished: number
  /** Number of customers. Unconfirmed events name none. */
  readonly customers: number
  /** There are more events than were counted. */
  readonly atLeast: boolean
  readonly firstSeenAt: Date
  /** When an event last failed for good or was received; null: none is left. */
  readonly lastSeenAt: Date | null
  /** Failures since the operator's decision. For a muted issue: the failures that the mute hides. */
  readonly sinceTreated: number
  readonly treatedBy: string | null
  readonly treatedAt: Date | null
  readonly reason: string | null
  readonly mutedUntil: Date | null
  readonly note: string | null
  readonly link: string | null
  /** The error text of one of its events. */
  readonly detail: string | null
}

/** The newest events of each cause that are counted, so that a million failures cost what 10,000 cost. */
export const MOST_COUNTED = 10_000
/** Most issues in an answer. More causes than this are a fault of ours. */
const MOST_ISSUES = 500

/** The states of an open event, as in the index by cause (`inbox_event_cause_idx`). */
export const OPEN_STATES = `('accepted', 'parked', 'dead')`

/**
 * SQL: the failure came after the cause was resolved. An event received before the resolution that fails after it was in progress then, and
 * does not count. A replay that fails after it counts.
 */
const isLater = (event: string): string =>
  `(${event}.seq > c.resolved_seq OR (${event}.generation > 0 AND ${event}.completed_at > c.treated_at))`

/** SQL: whether a muted or resolved cause `c` covers a parked or dead event. */
export const isQuiet = (event: string): string =>
  `((c.treatment = 'muted' AND c.muted_until > now()) OR (c.treatment = 'resolved' AND NOT ${isLater(event)}))`

const COUNTS = `SELECT count(*)::int AS events, count(*) FILTER (WHERE e.state = 'parked')::int AS parked,
    count(*) FILTER (WHERE e.state = 'dead')::int AS dead, count(*) FILTER (WHERE e.state = 'accepted')::int AS unfinished,
    count(DISTINCT e.identity_id)::int AS customers, max(coalesce(e.completed_at, e.received_at)) AS last_seen_at, max(e.error_detail) AS detail,
    count(*) FILTER (WHERE e.state <> 'accepted' AND e.completed_at > c.treated_at)::int AS since_treated,
    count(*) FILTER (WHERE e.state <> 'accepted' AND ${isLater('e')})::int AS later
  FROM (SELECT seq, generation, state, identity_id, received_at, completed_at, error_detail FROM inbox_event
    WHERE cause_id = c.id AND state IN ${OPEN_STATES} ORDER BY seq DESC LIMIT ${MOST_COUNTED + 1}) AS e`

const ISSUES = `SELECT c.id, c.code, c.effect_kind AS "effectKind", c.operation, c.status, c.problem_type AS "problemType",
    CASE WHEN c.treatment = 'muted' AND c.muted_until <= now() OR c.treatment = 'resolved' AND f.later > 0 THEN 'open' ELSE c.treatment END AS state,
    c.treatment = 'resolved' AND f.later > 0 AS reopened, f.parked, f.dead, f.unfinished, f.customers, f.events > ${MOST_COUNTED} AS "atLeast",
    c.first_seen_at AS "firstSeenAt", f.last_seen_at AS "lastSeenAt", f.since_treated AS "sinceTreated", c.treated_by AS "treatedBy",
    c.treated_at AS "treatedAt", c.reason, c.muted_until AS "mutedUntil", c.note, c.link, f.detail
  FROM failure_cause AS c CROSS JOIN LATERAL (${COUNTS}) AS f`

/** Issues with an open failure, and issues with an operator's decision; most failures first. */
export async function readIssues(pool: Pool): Promise<Issue[]> {
  const { rows } = await pool.query<Issue>(
    `${ISSUES} WHERE f.events > 0 OR c.treatment <> 'open' ORDER BY f.parked + f.dead DESC, f.events DESC, c.id LIMIT ${MOST_ISSUES}`,
  )
  return rows
}

/** One issue, also without an open failure; null for an unknown id. */
export async function findIssue(pool: Pool, id: string): Promise<Issue | null> {
  const { rows } = await pool.query<Issue>(`${ISSUES} WHERE c.id = $1`, [id])
  return rows[0] ?? null
}

/** Failures of a cause in each of the last 24 hours, oldest hour first, among the newest 10,000. */
export async function failuresByHour(pool: Pool, id: string): Promise<number[]> {
  const { rows } = await pool.query<{ hour: number; failures: number }>(
    `SELECT floor(extract(epoch FROM now() - at) / 3600)::int AS hour, count(*)::int AS failures
     FROM (SELECT coalesce(completed_at, received_at) AS at FROM inbox_event
       WHERE cause_id = $1 AND state IN ${OPEN_STATES} ORDER BY seq DESC LIMIT ${MOST_COUNTED}) AS e
     WHERE at > now() - interval '24 hours' GROUP BY 1`,
    [id],
  )
  const counts = new Map(rows.map(({ hour, failures }) => [hour, failures]))
  return Array.from({ length: 24 }, (_, n) => counts.get(23 - n) ?? 0)
}

/** Causes by the issue's id, by the code of the failure, and by the kind of effect. */
export async function matchCauses(
  pool: Pool,
  { cause, step }: { cause?: string | undefined; step?: string | undefined },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM failure_cause WHERE ($1::text IS NULL OR id = $1 OR code = $1) AND ($2::text IS NULL OR effect_kind = $2)',
    [cause ?? null, step ?? null],
  )
  return rows.map(({ id }) => id)
}
