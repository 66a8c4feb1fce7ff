import { randomUUID } from 'node:crypto'
import type { InboxRow } from '../inbox/inbox.ts'
import { loadEvents } from '../inbox/load-events.ts'
import { rememberIdentities } from '../paxos/remembering-reader.ts'
import { AppError, errorMessage } from '../platform/app-error.ts'
import { type PlannedEffect, type Preview, type PreviewParts, previewEvent } from '../saga/preview-event.ts'
import { chooseItems } from './choose-events.ts'
import { createEffectCounter } from './count-effects.ts'
import { STATE_OF_BASIS } from './event-basis.ts'
import { createPlanHash, PLANNER_LEASE_SECONDS, type ReplayParts } from './plan-replay.ts'

/** Events previewed together: enough that the batching reader fills its pages. */
const ITEMS_PER_ROUND = 2_000
/** Up to this many events a plan looks at Paxos for accounts, with one call per customer. */
const MOST_LOOKED_UP = 1_000
const PLAN_LASTS_HOURS = 24
const SHORTEST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
const ITEMS_PER_PAGE = 5_000
/** After this many failures without an outage, the failure becomes the event's verdict. */
const FAILURES_BELIEVED = 4

export interface PreviewOptions {
  /** The planner that holds the lease. Another planner takes the plan only when the lease has run out. */
  planner?: string
  /** Stops at this time, milliseconds since 1970. */
  until: number
  stopped?: () => boolean
  wait: (ms: number) => Promise<void>
}

/**
 * Continues a plan: chooses its events, previews them round by round, and completes the plan after the last one. Each round is stored, so
 * after a crash the plan continues where it stopped. While Paxos's limits leave no room, or Paxos is away, it waits, and the replay's note
 * says why. Does nothing while another planner has the lease.
 */
export async function continuePlan(
  parts: ReplayParts,
  id: string,
  { planner = randomUUID(), until, stopped = () => false, wait }: PreviewOptions,
): Promise<void> {
  const reader = rememberIdentities(parts.reader)
  const failures = new Map<string, number>()
  while (parts.now() < until && !stopped()) {
    const plan = await takeLease(parts, id, planner)
    if (!plan) return
    if (!plan.chosen) {
      await chooseItems(parts, { id, planner, filter: plan.filter })
      continue
    }
    if (plan.dismisses) await planDismissal(parts, id)
    const { rows } = await parts.pool.query<{ seq: string }>(
      'SELECT seq FROM replay_item WHERE replay_id = $1 AND verdict IS NULL ORDER BY seq LIMIT $2',
      [id, ITEMS_PER_ROUND],
    )
    if (rows.length === 0) return completePlan(parts, id)
    const events = await loadEvents(
      parts.pool,
      rows.map(({ seq }) => seq),
    )
    const roundParts = { ...parts, ...plan, reader, failures, thorough: plan.events <= MOST_LOOKED_UP }
    const round = await previewAll(
      roundParts,
      events.filter((event) => event !== null),
    )
    await keepRound(parts, id, round)
    if (round.waitMs !== null) await wait(Math.min(round.waitMs, Math.max(0, until - parts.now())))
  }
  await parts.pool.query('UPDATE replay SET lease_until = NULL WHERE id = $1 AND lease_by = $2', [id, planner])
}

interface LeasedPlan {
  releaseHolds: boolean
  dismisses: boolean
  events: number
  chosen: boolean
  filter: object
}

async function takeLease({ pool }: ReplayParts, id: string, planner: string): Promise<LeasedPlan | null> {
  const { rows } = await pool.query<LeasedPlan>(
    `UPDATE replay SET lease_by = $2, lease_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND state = 'planning' AND (lease_by = $2 OR lease_until IS NULL OR lease_until < now())
     RETURNING coalesce((filter->>'releaseHolds')::boolean, false) AS "releaseHolds", filter->>'action' IS NOT DISTINCT FROM 'dismiss' AS dismisses, events, chosen, filter`,
    [id, planner, PLANNER_LEASE_SECONDS],
  )
  return rows[0] ?? null
}

/** A plan that dismisses needs only the state of each event: nothing is read from Paxos. */
async function planDismissal({ pool }: ReplayParts, id: string): Promise<void> {
  await pool.query(
    `WITH planned AS (
       UPDATE replay_item SET effects = '[]',
         verdict = CASE WHEN ${STATE_OF_BASIS} IN ('parked', 'dead') THEN 'would-dismiss' ELSE 'blocked' END,
         detail = CASE WHEN ${STATE_OF_BASIS} IN ('parked', 'dead') THEN 'would be dismissed; can be restored'
           ELSE 'only a parked or dead event can be dismissed' END
       WHERE replay_id = $1 AND verdict IS NULL RETURNING 1
     )
     UPDATE replay SET planned_items = planned_items + (SELECT count(*) FROM planned) WHERE id = $1`,
    [id],
  )
}

interface Round {
  previews: (Preview & { seq: string })[]
  /** Milliseconds to wait before the next round, and the reason; null: no wait. */
  waitMs: number | null
  note: string | null
}

interface RoundParts extends PreviewParts {
  releaseHolds: boolean
  /** Number of failed previews of each event, by its seq. */
  failures: Map<string, number>
}

async function previewAll(parts: RoundParts, events: readonly InboxRow[]): Promise<Round> {
  const ended = await Promise.allSettled(events.map((event) => previewOne(parts, event)))
  const previews = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failure: unknown = ended.find((each) => each.status === 'rejected')?.reason
  if (failure === undefined) return { previews, waitMs: null, note: null }
  if (!(failure instanceof AppError)) throw failure
  const named = 'retryAfterMs' in failure && typeof failure.retryAfterMs === 'number' ? failure.retryAfterMs : SHORTEST_WAIT_MS
  const waitMs = Math.min(Math.max(named, SHORTEST_WAIT_MS), LONGEST_WAIT_MS)
  return { previews, waitMs, note: `${failure.code}: ${errorMessage(failure)}`.slice(0, 500) }
}

/** A failure that only a person can cure, or that repeats, becomes the event's verdict. Any other failure makes the plan wait. */
async function previewOne(parts: RoundParts, event: InboxRow): Promise<Preview & { seq: string }> {
  try {
    return { seq: event.seq, ...(await previewEvent(parts, event, parts)) }
  } catch (error) {
    if (!(error instanceof AppError) || error.retry === 'snooze') throw error
    const failures = 1 + (parts.failures.get(event.seq) ?? 0)
    parts.failures.set(event.seq, failures)
    if (error.retry !== 'never' && failures < FAILURES_BELIEVED) throw error
    return { seq: event.seq, verdict: 'would-park', detail: `${error.code}: ${error.message}`, effects: [], identityId: event.identityId }
  }
}

async function keepRound({ pool }: ReplayParts, id: string, { previews, note }: Round): Promise<void> {
  await pool.query(
    `WITH previewed AS (
       UPDATE replay_item AS i SET verdict = p.verdict, detail = p.detail, effects = p.effects, identity_id = coalesce(p."identityId", i.identity_id)
       FROM jsonb_to_recordset($2::jsonb) AS p (seq bigint, verdict text, detail text, effects jsonb, "identityId" text)
       WHERE i.replay_id = $1 AND i.seq = p.seq AND i.verdict IS NULL
       RETURNING 1
     )
     UPDATE replay SET planned_items = planned_items + (SELECT count(*) FROM previewed), note = $3 WHERE id = $1`,
    [id, JSON.stringify(previews), note],
  )
}

interface PlannedRow {
  seq: string
  basis: string
  identity_id: string | null
  verdict: string
  detail: string
  effects: PlannedEffect[] | null
}

/** Counts the effects and seals the plan. From now on it can be approved, for 24 h. */
async function completePlan({ pool }: ReplayParts, id: string): Promise<void> {
  const counter = createEffectCounter()
  const hash = createPlanHash()
  let after = '0'
  for (;;) {
    const { rows } = await pool.query<PlannedRow>(
      'SELECT seq, basis, identity_id, verdict, detail, effects FROM replay_item WHERE replay_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [id, after, ITEMS_PER_PAGE],
    )
    for (const { seq, basis, identity_id: identityId, verdict, detail, effects } of rows) {
      counter.add({ identityId, effects: effects ?? [] })
      hash.add({ seq, basis, verdict, detail, effects: effects ?? [] })
      after = seq
    }
    if (rows.length < ITEMS_PER_PAGE) break
  }
  await pool.query(
    `UPDATE replay SET state = 'planned', active = false, note = NULL, plan_hash = $2, effects = $3, expires_at = now() + make_interval(hours => $4)
     WHERE id = $1 AND state = 'planning'`,
    [id, hash.digest(), JSON.stringify(counter.totals()), PLAN_LASTS_HOURS],
  )
}
