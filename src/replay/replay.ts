import { createHash, randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { seqWindow } from '../inbox/seq-window.ts'
import type { OpenEvent } from '../inbox/settle-events.ts'
import { AppError, UsageError } from '../platform/app-error.ts'
import { canonicalJson } from '../platform/hash-chain.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { type PreviewParts, previewEvent } from '../saga/preview-event.ts'

/**
 * Which events a replay takes; every part given must hold. Without `states`: what is parked or dead; where events or identities
 * are named, or holds are to be released, events of every state.
 */
export interface ReplayFilter {
  eventIds?: string[] | undefined
  identityIds?: string[] | undefined
  types?: string[] | undefined
  states?: ('parked' | 'dead' | 'processed' | 'accepted')[] | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before; the moment of planning where it is not given, so that what comes later is not swept along. */
  to?: Date | undefined
  limit?: number | undefined
  /** The live status may release holds: the one way out of a contradiction. */
  releaseHolds?: boolean | undefined
}

export interface ReplayItem {
  seq: string
  eventId: string
  type: string
  identityId: string | null
  /** What the replay would do now, as planned. */
  verdict: string
  detail: string
  /** What running it led to; null until then. */
  result: string | null
  eventState: string
}

/** Who planned what, and who ran it and why. */
export interface ReplayHead {
  id: string
  state: 'planned' | 'approved' | 'finished'
  filter: object
  planHash: string
  plannedBy: string
  plannedAt: Date
  approvedBy: string | null
  reason: string | null
  approvedAt: Date | null
  finishedAt: Date | null
  /** How many events match the filter, where its limit took fewer: `MOST_COUNTED` + 1 for more than that. Null: all that match are items. */
  matched: number | null
}

export interface ReplayView extends ReplayHead {
  items: ReplayItem[]
  /** Items by verdict. */
  counts: Record<string, number>
}

/** The replay is not in the state that the request supposes. */
export class ReplayStateError extends AppError {
  readonly code = 'REPLAY_STATE'
  readonly retry = 'never'
}

export interface ReplayParts extends PreviewParts {
  pool: Pool
  inbox: Inbox
  queue: EventQueue
}

export const DEFAULT_REPLAY_LIMIT = 1_000
const MAX_REPLAY_LIMIT = 10_000
/** What matches is counted no further, so that a plan over a large inbox costs little more than its events. */
export const MOST_COUNTED = 100_000
/** Previews at once: they read from Paxos, within the replays' share of the budget. */
const PREVIEWS_AT_ONCE = 10

/** Chooses the events, asks for each what a replay would do now, and keeps that as a plan. Changes nothing else. */
export async function planReplay(parts: ReplayParts, asked: ReplayFilter, by: string): Promise<ReplayView> {
  const filter = { ...asked, to: asked.to ?? (await momentAfterNow(parts.pool)) }
  const { seqs, matched } = await chooseEvents(parts.pool, filter)
  // Read before the previews: what changes while they are made counts as changed.
  const bases = await currentBases(parts.pool, seqs)
  const items = await mapBounded(seqs, PREVIEWS_AT_ONCE, async (seq) => {
    const row = (await parts.inbox.load(seq))! // events are never deleted
    return { seq, basis: bases.get(seq)!, ...(await previewEvent(parts, row, { releaseHolds: filter.releaseHolds ?? false })) }
  })
  const id = randomUUID()
  const planHash = createHash('sha256').update(canonicalJson(items)).digest()
  await parts.pool.query(
    `WITH planned AS (INSERT INTO replay (id, state, filter, plan_hash, planned_by, matched) VALUES ($1, 'planned', $2, $3, $4, $6) RETURNING id)
     INSERT INTO replay_item (replay_id, seq, verdict, detail, basis)
     SELECT planned.id, i.seq, i.verdict, i.detail, i.basis FROM planned, jsonb_to_recordset($5::jsonb) AS i (seq bigint, verdict text, detail text, basis text)`,
    [id, JSON.stringify(filter), planHash, by, JSON.stringify(items), matched],
  )
  return (await getReplay(parts.pool, id))!
}

/**
 * Runs a plan: reopens exactly its events and puts them on the queue. An item whose event or onboarding has changed since is
 * skipped and says so. Asking twice for the same replay runs it once.
 */
export async function approveReplay(parts: ReplayParts, id: string, { by, reason }: { by: string; reason: string }): Promise<ReplayView> {
  if (reason.trim() === '') throw new UsageError('reason: say why; it is kept with the replay and in the audit')
  const { rowCount } = await parts.pool.query(
    `UPDATE replay SET state = 'approved', approved_by = $2, reason = $3, approved_at = now() WHERE id = $1 AND state = 'planned'`,
    [id, by, reason],
  )
  const replay = await getReplay(parts.pool, id)
  if (!replay) throw new UsageError(`there is no replay ${id}`)
  if (rowCount === 0 && replay.state === 'finished')
    throw new ReplayStateError(`replay ${id} was approved by ${replay.approvedBy} already; plan a new one`)
  await runReplay(parts, id, replay)
  return (await getReplay(parts.pool, id))!
}

/**
 * One transaction: reopening, what it led to, and that the replay is finished are known together or not at all, so that one which is
 * interrupted stays approved, has done nothing, and is run by approving it again. What has its result already is left alone.
 */
async function runReplay(parts: ReplayParts, id: string, replay: ReplayView): Promise<void> {
  const authority = 'releaseHolds' in replay.filter && replay.filter.releaseHolds === true ? 'operator' : 'machine'
  const reopened = await inTransaction(parts.pool, (client) => reopenUnchanged({ client, inbox: parts.inbox, id, authority }))
  // A queue that is away loses nothing: the dispatcher finds what was reopened.
  await parts.queue.add(reopened).catch(() => undefined)
}

async function reopenUnchanged({
  client,
  inbox,
  id,
  authority,
}: {
  client: PoolClient
  inbox: Inbox
  id: string
  authority: 'machine' | 'operator'
}): Promise<OpenEvent[]> {
  // Of several who run it at once, the first one does; the others find nothing left to do.
  await client.query('SELECT FROM replay WHERE id = $1 FOR UPDATE', [id])
  const { rows } = await client.query<{ seq: string; verdict: string; basis: string }>(
    'SELECT seq, verdict, basis FROM replay_item WHERE replay_id = $1 AND result IS NULL ORDER BY seq',
    [id],
  )
  const idle = new Set(rows.filter(({ verdict, basis }) => verdict === 'no-op' && basis.startsWith('processed/')).map(({ seq }) => seq))
  const wanted = rows.filter(({ seq, verdict }) => verdict !== 'blocked' && !idle.has(seq))
  const bases = await currentBases(
    client,
    wanted.map(({ seq }) => seq),
  )
  const fresh = wanted.filter(({ seq, basis }) => bases.get(seq) === basis).map(({ seq }) => seq)
  const freshSeqs = new Set(fresh)
  const reopened = await inbox.reopen(fresh, { authority, within: client })
  const results = rows.map(({ seq, verdict }) => {
    if (verdict === 'blocked') return { seq, result: 'skipped: blocked' }
    if (idle.has(seq)) return { seq, result: 'nothing to do' }
    return { seq, result: freshSeqs.has(seq) ? 'reopened' : 'skipped: changed since the plan' }
  })
  await client.query(
    `UPDATE replay_item AS i SET result = r.result FROM jsonb_to_recordset($2::jsonb) AS r (seq bigint, result text) WHERE i.replay_id = $1 AND i.seq = r.seq`,
    [id, JSON.stringify(results)],
  )
  await client.query(`UPDATE replay SET state = 'finished', finished_at = now() WHERE id = $1 AND state = 'approved'`, [id])
  return reopened
}

/** What running a plan would open, as far as can be seen now; of one that was run, what it opened and is unfinished. */
export function leftOf({ items }: Pick<ReplayView, 'items'>): ReplayItem[] {
  return items.filter(({ verdict, result, eventState }) =>
    result === null
      ? verdict !== 'blocked' && !(verdict === 'no-op' && eventState === 'processed')
      : result === 'reopened' && eventState === 'accepted',
  )
}

/** The plan with, for each item, where its event stands now. */
export async function getReplay(pool: Pool, id: string): Promise<ReplayView | null> {
  const { rows } = await pool.query<ReplayRow>(`SELECT ${REPLAY_COLUMNS} FROM replay WHERE id::text = $1`, [id])
  const row = rows[0]
  if (!row) return null
  const items = await pool.query<ItemRow>(
    `SELECT i.seq, e.event_id, e.type, e.identity_id, i.verdict, i.detail, i.result, e.state FROM replay_item i JOIN inbox_event e USING (seq)
     WHERE i.replay_id = $1 ORDER BY i.seq`,
    [id],
  )
  return {
    ...toHead(row),
    items: items.rows.map((item) => ({
      seq: item.seq,
      eventId: item.event_id,
      type: item.type,
      identityId: item.identity_id,
      verdict: item.verdict,
      detail: item.detail,
      result: item.result,
      eventState: item.state,
    })),
    counts: countBy(items.rows.map(({ verdict }) => verdict)),
  }
}

export const REPLAY_COLUMNS = 'id, state, filter, plan_hash, planned_by, planned_at, approved_by, reason, approved_at, finished_at, matched'

export interface ReplayRow {
  id: string
  state: ReplayView['state']
  filter: object
  plan_hash: Buffer
  planned_by: string
  planned_at: Date
  approved_by: string | null
  reason: string | null
  approved_at: Date | null
  finished_at: Date | null
  matched: number | null
}

export function toHead(row: ReplayRow): ReplayHead {
  return {
    id: row.id,
    state: row.state,
    filter: row.filter,
    planHash: row.plan_hash.toString('hex'),
    plannedBy: row.planned_by,
    plannedAt: row.planned_at,
    approvedBy: row.approved_by,
    reason: row.reason,
    approvedAt: row.approved_at,
    finishedAt: row.finished_at,
    matched: row.matched,
  }
}

interface ItemRow {
  seq: string
  event_id: string
  type: string
  identity_id: string | null
  verdict: string
  detail: string
  result: string | null
  state: string
}

const MATCHING = `FROM inbox_event
  WHERE state = ANY ($1::text[]) AND ($2::text[] IS NULL OR event_id = ANY ($2)) AND ($3::text[] IS NULL OR identity_id = ANY ($3))
    AND ($4::text[] IS NULL OR type = ANY ($4)) AND ($5::timestamptz IS NULL OR received_at >= $5) AND received_at < $6
    AND seq >= $8 AND seq < $9`

/** The oldest that match, and where those are not all, how many do. */
async function chooseEvents(pool: Pool, filter: ReplayFilter & { to: Date }): Promise<{ seqs: string[]; matched: number | null }> {
  const limit = filter.limit ?? DEFAULT_REPLAY_LIMIT
  const named = filter.eventIds !== undefined || filter.identityIds !== undefined || filter.releaseHolds === true
  if (limit < 1 || limit > MAX_REPLAY_LIMIT) throw new UsageError(`limit: 1 to ${MAX_REPLAY_LIMIT}`)
  const { gte, lt } = await seqWindow(pool, filter)
  const upTo = (most: number): unknown[] => [
    filter.states ?? (named ? ['parked', 'dead', 'processed', 'accepted'] : ['parked', 'dead']),
    filter.eventIds ?? null,
    filter.identityIds ?? null,
    filter.types ?? null,
    filter.from ?? null,
    filter.to,
    most,
    gte ?? 0,
    lt,
  ]
  // One more than the plan takes, to learn whether there is more.
  const { rows } = await pool.query<{ seq: string }>(`SELECT seq ${MATCHING} ORDER BY seq LIMIT $7`, upTo(limit + 1))
  const seqs = rows.slice(0, limit).map(({ seq }) => seq)
  if (rows.length <= limit) return { seqs, matched: null }
  const counted = await pool.query<{ matched: number }>(
    `SELECT count(*)::int AS matched FROM (SELECT ${MATCHING} LIMIT $7) AS matching`,
    upTo(MOST_COUNTED + 1),
  )
  // An event may have ended in between: at least one more did match.
  return { seqs, matched: Math.max(rows.length, counted.rows[0]!.matched) }
}

/**
 * Everything that is committed by now was received before it: by the clock that stamps the events, whichever way this machine's own is
 * wrong, and a millisecond on, since `received_at` is rounded to one.
 */
async function momentAfterNow(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ moment: Date }>(`SELECT clock_timestamp()::timestamptz(3) + interval '1 millisecond' AS moment`)
  return rows[0]!.moment
}

/** What a verdict rests on: the event's state and opening, and the onboarding's version. */
async function currentBases(on: Pool | PoolClient, seqs: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await on.query<{ seq: string; basis: string }>(
    `SELECT e.seq, concat_ws('/', e.state, e.generation, coalesce(o.version, 0)) AS basis
     FROM inbox_event e LEFT JOIN onboarding o USING (identity_id) WHERE e.seq = ANY ($1::bigint[])`,
    [seqs],
  )
  return new Map(rows.map(({ seq, basis }) => [seq, basis]))
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

async function mapBounded<In, Out>(items: readonly In[], limit: number, each: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await each(items[index] as In)
  }
  await Promise.all(Array.from({ length: limit }, lane))
  return results
}
