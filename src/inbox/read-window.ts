import type { Pool } from 'pg'
import type { EventState } from '../domain/event-state.ts'
import type { FailureCause } from './failure-cause.ts'
import { type SeqWindow, seqWindow } from './seq-window.ts'

/** A window of times: `from` inclusive, `to` exclusive. */
interface ReceivedWithin {
  readonly from: Date
  readonly to: Date
}

/** Events whose receipt lies in a window, as their rows are now. */
export interface WindowEvents {
  /** Real events and commands. Timers count only when they need an operator. */
  readonly received: number
  /** There are more events than the newest `MOST_IN_WINDOW` that were read. */
  readonly atLeast: boolean
  readonly byState: Readonly<Record<Exclude<EventState, 'test'>, number>>
  /** Processed events by what they needed; `reopened` ones are listed apart, because only the replays know who reopened them. */
  readonly finished: { readonly atOnce: number; readonly retried: number; readonly waited: number; readonly swept: number }
  /** Processed events that were opened again: their seqs (bigint as text), and whether the sweep brought them. */
  readonly reopened: readonly { readonly seq: string; readonly swept: boolean }[]
  /** Seconds from the receipt of the event that made a customer ready until the application had the notification; null: no customer. */
  readonly toReady: ReadyDelays | null
}

export interface ReadyDelays {
  readonly customers: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly worst: number
  /** The event of the worst delay. */
  readonly worstEventId: string
}

/** Events of a window that have not succeeded, by cause. */
export interface WindowFailure extends FailureCause {
  /** The issue; null: the event failed before Gatehouse kept issues. */
  readonly causeId: string | null
  readonly state: 'accepted' | 'parked' | 'dead' | 'dismissed'
  readonly events: number
  readonly customers: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** The newest events of a window that are read, so that a window of a million events costs what 200,000 cost. */
const MOST_IN_WINDOW = 200_000
/** A processed event without a counted retry counts as delayed after this time, seconds. */
const DELAYED_AFTER_SECONDS = 300
/** Most causes and customers in an answer. */
const MOST_CAUSES = 500
export const MOST_CUSTOMERS = 10_000

/** $1 to $4: the seqs and the times of the window. A waiting timer is no event that anything is late with. */
const SEEN = `SELECT * FROM inbox_event WHERE seq >= $1 AND seq < $2 AND received_at >= $3 AND received_at < $4 AND NOT is_test
    AND (origin <> 'timer' OR state IN ('parked', 'dead')) ORDER BY seq DESC LIMIT ${MOST_IN_WINDOW}`
const SPENT = `attempts + unknown_outcomes + strikes > 0`
const LATE = `extract(epoch FROM completed_at - received_at) > ${DELAYED_AFTER_SECONDS}`
const READY = `outcome IN ('moved:ready', 'resumed:ready')`
const SECONDS = `extract(epoch FROM completed_at - received_at)::float8`
/** It did not succeed at once: a failure, a delay, a lost webhook, a replay. */
const TROUBLED = `(state IN ('parked', 'dead', 'dismissed') OR error_code IS NOT NULL OR ${SPENT} OR generation > 0 OR origin = 'sweep'
    OR coalesce(${LATE}, received_at < now() - interval '${DELAYED_AFTER_SECONDS} seconds'))`

/** Counts the events that were received in the window, by state and by what they needed. */
export async function readWindowEvents(pool: Pool, within: ReceivedWithin): Promise<WindowEvents> {
  const bounds = await boundsOf(pool, within)
  const states = ['accepted', 'processed', 'parked', 'dead', 'dismissed'] as const
  const done = `state = 'processed' AND generation = 0`
  const { rows } = await pool.query<Record<string, number> & { seconds: number[] | null; worst_event: string | null; ready: number }>(
    `SELECT count(*)::int AS received, ${states.map((state) => `count(*) FILTER (WHERE state = '${state}')::int AS ${state}`).join(', ')},
       count(*) FILTER (WHERE ${done} AND origin = 'sweep')::int AS swept,
       count(*) FILTER (WHERE ${done} AND origin <> 'sweep' AND ${SPENT})::int AS retried,
       count(*) FILTER (WHERE ${done} AND origin <> 'sweep' AND NOT ${SPENT} AND ${LATE})::int AS waited,
       count(*) FILTER (WHERE ${done} AND origin <> 'sweep' AND NOT ${SPENT} AND NOT ${LATE})::int AS at_once,
       count(*) FILTER (WHERE ${READY})::int AS ready,
       percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY ${SECONDS}) FILTER (WHERE ${READY}) AS seconds,
       (array_agg(event_id ORDER BY completed_at - received_at DESC) FILTER (WHERE ${READY}))[1] AS worst_event
     FROM (${SEEN}) AS seen`,
    bounds,
  )
  const { seconds, worst_event: worstEventId, ready, ...counts } = rows[0]!
  const of = (name: string): number => counts[name] ?? 0
  const [p50, p95, p99, worst] = seconds ?? []
  const known = p50 !== undefined && p95 !== undefined && p99 !== undefined && worst !== undefined && worstEventId !== null
  return {
    received: of('received'),
    atLeast: of('received') >= MOST_IN_WINDOW,
    byState: { accepted: of('accepted'), processed: of('processed'), parked: of('parked'), dead: of('dead'), dismissed: of('dismissed') },
    finished: { atOnce: of('at_once'), retried: of('retried'), waited: of('waited'), swept: of('swept') },
    reopened: await readReopened(pool, bounds),
    toReady: known ? { customers: ready, p50, p95, p99, worst, worstEventId } : null,
  }
}

async function readReopened(pool: Pool, bounds: readonly unknown[]): Promise<{ seq: string; swept: boolean }[]> {
  const { rows } = await pool.query<{ seq: string; swept: boolean }>(
    `SELECT seq, origin = 'sweep' AS swept FROM (${SEEN}) AS seen WHERE state = 'processed' AND generation > 0`,
    [...bounds],
  )
  return rows
}

/** Events of the window that have not succeeded, by cause, most first. A cause of an event that succeeded later is no longer in its row. */
export async function readWindowFailures(pool: Pool, within: ReceivedWithin): Promise<WindowFailure[]> {
  const { rows } = await pool.query<WindowFailure>(
    `SELECT c.id AS "causeId", coalesce(c.code, error_code, 'UNKNOWN') AS code, c.effect_kind AS "effectKind", c.operation, c.status,
       c.problem_type AS "problemType", seen.state, count(*)::int AS events, count(DISTINCT identity_id)::int AS customers,
       min(coalesce(completed_at, received_at)) AS "firstAt", max(coalesce(completed_at, received_at)) AS "lastAt"
     FROM (${SEEN}) AS seen LEFT JOIN failure_cause AS c ON c.id = cause_id
     WHERE error_code IS NOT NULL AND state <> 'processed' GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY events DESC, code, 1 LIMIT ${MOST_CAUSES}`,
    await boundsOf(pool, within),
  )
  return rows
}

/** Identities of the window's events that did not succeed at once, in the order of their ids; at most `MOST_CUSTOMERS` + 1. */
export async function readWindowCustomers(pool: Pool, within: ReceivedWithin): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT DISTINCT identity_id AS id FROM (${SEEN}) AS seen WHERE identity_id IS NOT NULL AND ${TROUBLED} ORDER BY 1 LIMIT ${MOST_CUSTOMERS + 1}`,
    await boundsOf(pool, within),
  )
  return rows.map(({ id }) => id)
}

/** Causes of failures that Gatehouse met for the first time in the window. */
export async function readNewCauses(pool: Pool, { from, to }: ReceivedWithin): Promise<(FailureCause & { id: string; at: Date })[]> {
  const { rows } = await pool.query<FailureCause & { id: string; at: Date }>(
    `SELECT id, code, effect_kind AS "effectKind", operation, status, problem_type AS "problemType", first_seen_at AS at
     FROM failure_cause WHERE first_seen_at >= $1 AND first_seen_at < $2 ORDER BY first_seen_at, id LIMIT ${MOST_CAUSES}`,
    [from, to],
  )
  return rows
}

async function boundsOf(pool: Pool, { from, to }: ReceivedWithin): Promise<unknown[]> {
  const { gte, lt }: SeqWindow = await seqWindow(pool, { from, to })
  return [gte ?? 0n, lt ?? 0n, from, to]
}
