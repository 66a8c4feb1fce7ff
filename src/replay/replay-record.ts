import type { Pool, PoolClient } from 'pg'
import { type InboxRow, loadEvents } from '../inbox/load-events.ts'
import { selectList } from '../platform/postgres/select-list.ts'
import type { EffectTotals } from './count-effects.ts'

/**
 * Where a replay stands.
 *
 * - `planning`: its events are being chosen, then the plan is made. In: an operator. Out: the planner, or an operator who discards it.
 * - `planned`: waits for approval, until it expires. In: the planner. Out: an operator who approves or discards it.
 * - `awaiting_second`: approved by the person who planned it; a second person must agree. In: an operator. Out: another one.
 * - `approved`: nothing of it is opened yet. In: an operator. Out: the runner.
 * - `running`: its events are opened stage by stage. In: the runner, or an operator who resumes it. Out: the runner, or an operator.
 * - `paused`: opens nothing more until it is resumed. In: an operator, or the runner that met the same cause again. Out: an operator.
 * - `finished`: every event has its result. In: the runner. Out: never.
 * - `cancelled`: what was not opened stays as it was. In: an operator. Out: never.
 * - `discarded`: a plan that will not be run. In: an operator. Out: never.
 */
export const REPLAY_STATES = [
  'planning',
  'planned',
  'awaiting_second',
  'approved',
  'running',
  'paused',
  'finished',
  'cancelled',
  'discarded',
] as const
export type ReplayState = (typeof REPLAY_STATES)[number]

/** The head of a replay: who planned it, who ran it and why. */
export interface ReplayHead {
  id: string
  state: ReplayState
  filter: object
  /** Null while the plan is made. */
  planHash: string | null
  plannedBy: string
  plannedAt: Date
  approvedBy: string | null
  reason: string | null
  approvedAt: Date | null
  /** Whether two people must agree. */
  needsSecond: boolean
  secondBy: string | null
  secondReason: string | null
  finishedAt: Date | null
  /** When the plan can no longer be approved. Null: the plan is not made yet, or is older than this rule. */
  expiresAt: Date | null
  /** Whether it has expired by now. */
  expired: boolean
  /** Whether all events are chosen. */
  chosen: boolean
  /** Number of events, so far while they are being chosen. */
  events: number
  /** Number of events with a preview. */
  plannedItems: number
  /**
   * Number of matching events when the limit left some out; `MOST_COUNTED` + 1 means more than that. Null: all matching events are items.
   */
  matched: number | null
  /** Effects by key. Null while the plan is made. */
  effects: EffectTotals | null
  /** The open stage, counted from 1; 0: none yet. */
  stage: number
  /** Why it waits, or who paused, cancelled or discarded it. */
  note: string | null
}

export interface ReplayItem {
  seq: string
  eventId: string
  type: string
  identityId: string | null
  /** What a run would do with the event; `planning` until that is known. */
  verdict: string
  detail: string
  /** `reopened` while it is worked on, then its result; null until it is opened. */
  result: string | null
  eventState: string
  /** The error with which it ended; null: none. */
  errorCode: string | null
  /** The difference between run and plan; null: none. */
  difference: string | null
}

export const REPLAY_FIELDS = selectList<ReplayHead>({
  id: true,
  state: true,
  filter: true,
  planHash: "encode(plan_hash, 'hex')",
  plannedBy: true,
  plannedAt: true,
  approvedBy: true,
  reason: true,
  approvedAt: true,
  needsSecond: true,
  secondBy: true,
  secondReason: true,
  finishedAt: true,
  expiresAt: true,
  expired: "expires_at IS NOT NULL AND expires_at <= now() AND state IN ('planned', 'awaiting_second')",
  chosen: true,
  events: true,
  plannedItems: true,
  matched: true,
  effects: true,
  stage: true,
  note: true,
})

/** The head of a replay. With `lock` the row is locked against other approvals, stages and stops. */
export async function readHead(on: Pool | PoolClient, id: string, { lock = false } = {}): Promise<ReplayHead | null> {
  const { rows } = await on.query<ReplayHead>(`SELECT ${REPLAY_FIELDS} FROM replay WHERE id::text = $1${lock ? ' FOR UPDATE' : ''}`, [id])
  return rows[0] ?? null
}

/** What a replay keeps of an item. The other fields are those of its event. */
type KeptItem = Omit<ReplayItem, 'eventId' | 'type' | 'eventState'>

const ITEM_FIELDS = selectList<KeptItem>({
  seq: true,
  identityId: true,
  verdict: "coalesce(verdict, 'planning')",
  detail: "coalesce(detail, '')",
  result: true,
  errorCode: true,
  difference: true,
})

/** Items after `afterSeq` in the order of receiving, each with the present state of its event. */
export async function readItems(
  pool: Pool,
  id: string,
  { afterSeq = '0', limit }: { afterSeq?: string; limit: number },
): Promise<ReplayItem[]> {
  const { rows } = await pool.query<KeptItem>(
    `SELECT ${ITEM_FIELDS} FROM replay_item WHERE replay_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [id, afterSeq, limit],
  )
  const events = await loadEvents(
    pool,
    rows.map(({ seq }) => seq),
  )
  return rows.map((row, at) => withEvent(row, events[at] ?? null))
}

function withEvent(item: KeptItem, event: InboxRow | null): ReplayItem {
  const { eventId = '', type = '', state: eventState = '' } = event ?? {}
  return { ...item, eventId, type, eventState, identityId: event?.identityId ?? item.identityId }
}
