import type { PoolClient } from 'pg'
import type { OpenEvent } from '../inbox/complete-events.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import { collectEnds } from './collect-ends.ts'
import { dismissItems } from './dismiss-items.ts'
import { readBases, stateOfBasis } from './event-basis.ts'
import type { ReplayParts } from './plan-replay.ts'
import { causeToStop, customersOf, MOST_UNDER_WAY } from './ramp.ts'

interface Run {
  id: string
  state: 'approved' | 'running' | 'paused' | 'cancelled'
  stage: number
  rampFrom: number
  releaseHolds: boolean
  /** Set when the replay dismisses its events: the last approver and the reason. */
  dismisses: { by: string; reason: string } | null
}

/**
 * Takes a run one step further: records the ends of opened events, stops on a repeated cause, and opens the next stage once the last one
 * has ended. The step is one transaction, which only one runner has at a time. It stores what is opened and the run's progress together or
 * not at all, so after a crash the run continues where it stopped. Returns whether it changed anything.
 */
export async function advanceRun(parts: ReplayParts, id: string, { wait = false } = {}): Promise<boolean> {
  const opened: OpenEvent[] = []
  const changed = await inTransaction(parts.pool, async (client) => {
    const run = await lockRun(client, id, wait)
    if (!run) return false
    const ended = await collectEnds({ client, ledger: parts.ledger }, id)
    const stepped =
      run.state === 'approved' || run.state === 'running' ? await takeStep(client, parts, run) : { opened: [], stopped: false }
    opened.push(...stepped.opened)
    return (await completeRun(client, run)) || ended > 0 || stepped.opened.length > 0 || stepped.stopped
  })
  // An outage of the queue loses nothing: the dispatcher finds opened events.
  if (opened.length > 0) await parts.queue.add(opened).catch(() => undefined)
  return changed
}

async function lockRun(client: PoolClient, id: string, wait: boolean): Promise<Run | null> {
  const { rows } = await client.query<RunRow>(
    `SELECT state, stage, ramp_from, coalesce((filter->>'releaseHolds')::boolean, false) AS release_holds, filter->>'action' AS action,
       coalesce(second_by, approved_by) AS approver, coalesce(second_reason, reason) AS reason FROM replay
     WHERE id = $1 AND active AND state IN ('approved', 'running', 'paused', 'cancelled') FOR UPDATE${wait ? '' : ' SKIP LOCKED'}`,
    [id],
  )
  const row = rows[0]
  if (!row) return null
  const dismisses = row.action === 'dismiss' ? { by: row.approver ?? '', reason: row.reason ?? '' } : null
  return { id, state: row.state, stage: row.stage, rampFrom: row.ramp_from, releaseHolds: row.release_holds, dismisses }
}

interface RunRow {
  state: Run['state']
  stage: number
  ramp_from: number
  release_holds: boolean
  action: string | null
  approver: string | null
  reason: string | null
}

/** The rest is numbered in stages of this many events, so that a repeated cause is sought among the latest. */
const EVENTS_PER_STAGE_OF_REST = 1_000
/** After this many failures within the run an event counts as failed: its cause remains. */
const TRIES_BELIEVED = 3

async function takeStep(client: PoolClient, parts: ReplayParts, run: Run): Promise<{ opened: OpenEvent[]; stopped: boolean }> {
  if (run.dismisses) {
    await dismissItems(client, run.id, run.dismisses)
    return { opened: [], stopped: false }
  }
  // No event is open before the first stage. After a stop, events opened before it do not count.
  if (run.stage < run.rampFrom) return { opened: await openStage(client, parts, run, run.rampFrom), stopped: false }
  const rest = customersOf(run.stage, run.rampFrom) === null
  const stage = await readStage(client, run)
  const cause = causeToStop(stage.items, { rest })
  if (cause !== null) {
    const same = stage.items.filter(({ errorCode }) => errorCode === cause).length
    const note = `stopped by itself in stage ${run.stage}: ${same} of ${stage.items.length} failed with ${cause}, which the plan did not predict. Fix the cause, then resume, or cancel.`
    await client.query(`UPDATE replay SET state = 'paused', note = $2 WHERE id = $1`, [run.id, note])
    return { opened: [], stopped: true }
  }
  if (!rest) return { opened: stage.underWay > 0 ? [] : await openStage(client, parts, run, run.stage + 1), stopped: false }
  if (stage.underWay >= MOST_UNDER_WAY) return { opened: [], stopped: false }
  const next = stage.items.length >= EVENTS_PER_STAGE_OF_REST ? run.stage + 1 : run.stage
  return { opened: await openStage(client, parts, run, next, MOST_UNDER_WAY - stage.underWay), stopped: false }
}

/** `underWay`: events opened since the ramp began that have not ended. `items`: events of the open stage that ended or keep failing. */
async function readStage(
  client: PoolClient,
  run: Run,
): Promise<{ underWay: number; items: { errorCode: string | null; foreseen: boolean }[] }> {
  const { rows: open } = await client.query<{ seq: string; foreseen: boolean; latest: boolean }>(
    `SELECT seq, verdict IN ('would-park', 'would-wait') AS foreseen, stage = $2 AS latest FROM replay_item
     WHERE replay_id = $1 AND result = 'reopened' AND stage >= $3`,
    [run.id, run.stage, run.rampFrom],
  )
  const { rows: ended } = await client.query<{ error_code: string | null; foreseen: boolean }>(
    `SELECT error_code, verdict IN ('would-park', 'would-wait') AS foreseen FROM replay_item
     WHERE replay_id = $1 AND stage = $2 AND generation IS NOT NULL AND result <> 'reopened'`,
    [run.id, run.stage],
  )
  const bases = await readBases(
    client,
    open.map(({ seq }) => seq),
  )
  const failing = open.flatMap(({ seq, foreseen, latest }) => {
    const event = bases.get(seq)?.event
    return latest && event && event.attempts >= TRIES_BELIEVED ? [{ errorCode: event.errorCode, foreseen }] : []
  })
  return { underWay: open.length, items: [...ended.map(({ error_code, foreseen }) => ({ errorCode: error_code, foreseen })), ...failing] }
}

/** Opens a stage, or more of it. Events without anything to do take no part in it. */
async function openStage(
  client: PoolClient,
  parts: ReplayParts,
  run: Run,
  stage: number,
  room = customersOf(stage, run.rampFrom) ?? MOST_UNDER_WAY,
): Promise<OpenEvent[]> {
  const opened = await openNext(client, parts, { ...run, stage, customers: room })
  await client.query(`UPDATE replay SET state = 'running', stage = $2, note = NULL WHERE id = $1`, [
    run.id,
    opened.length > 0 ? stage : run.stage,
  ])
  return opened
}

interface Item {
  seq: string
  verdict: string
  basis: string
  identity_id: string | null
}

/** Opens the events of the next customers. All events of a customer open together, since each may change the basis of the others. */
async function openNext(client: PoolClient, { inbox }: ReplayParts, run: Run & { customers: number }): Promise<OpenEvent[]> {
  const opened: OpenEvent[] = []
  let customers = 0
  while (customers < run.customers) {
    const items = await nextItems(client, run.id, run.customers - customers)
    if (items.length === 0) break
    const bases = await readBases(
      client,
      items.map(({ seq }) => seq),
    )
    const results = items.map((item) => ({ ...item, result: resultOf(item, bases.get(item.seq)?.basis) }))
    const fresh = results.filter(({ result }) => result === 'reopened')
    const reopened = await inbox.reopen(
      fresh.map(({ seq }) => seq),
      { authority: run.releaseHolds ? 'operator' : 'machine', transaction: client },
    )
    await noteOpened(client, run, results, reopened)
    opened.push(...reopened)
    customers += new Set(fresh.map(({ seq, identity_id }) => identity_id ?? seq)).size
  }
  return opened
}

async function nextItems(client: PoolClient, id: string, customers: number): Promise<Item[]> {
  const { rows } = await client.query<Item>(
    `WITH first AS (
       SELECT seq, identity_id FROM replay_item WHERE replay_id = $1 AND result IS NULL ORDER BY seq LIMIT $2
     )
     SELECT seq, verdict, basis, identity_id FROM replay_item
     WHERE replay_id = $1 AND result IS NULL
       AND (seq IN (SELECT seq FROM first) OR identity_id IN (SELECT identity_id FROM first WHERE identity_id IS NOT NULL))
     ORDER BY seq`,
    [id, customers],
  )
  return rows
}

function resultOf({ verdict, basis }: Item, now: string | undefined): string {
  if (verdict === 'blocked') return 'skipped: blocked'
  if (verdict === 'no-op' && stateOfBasis(basis) === 'processed') return 'nothing to do'
  return basis === now ? 'reopened' : 'skipped: changed since the plan'
}

async function noteOpened(
  client: PoolClient,
  { id, stage }: Run,
  results: readonly (Item & { result: string })[],
  reopened: readonly OpenEvent[],
): Promise<void> {
  const generations = new Map(reopened.map(({ seq, generation }) => [seq, generation]))
  await client.query(
    `UPDATE replay_item AS i SET result = r.result, stage = $3, generation = r.generation
     FROM jsonb_to_recordset($2::jsonb) AS r (seq bigint, result text, generation integer) WHERE i.replay_id = $1 AND i.seq = r.seq`,
    [id, JSON.stringify(results.map(({ seq, result }) => ({ seq, result, generation: generations.get(seq) }))), stage],
  )
}

/** Completes a run with no event to open and none in progress. A paused or cancelled run then has nothing to wait for. */
async function completeRun(client: PoolClient, { id }: Run): Promise<boolean> {
  const { rows } = await client.query<{ unopened: boolean; under_way: boolean }>(
    `SELECT EXISTS (SELECT FROM replay_item WHERE replay_id = $1 AND result IS NULL) AS unopened,
       EXISTS (SELECT FROM replay_item WHERE replay_id = $1 AND result = 'reopened') AS under_way`,
    [id],
  )
  const { unopened = true, under_way: underWay = true } = rows[0] ?? {}
  if (underWay) return false
  const { rowCount } = await client.query(
    `UPDATE replay SET active = false, finished_at = CASE WHEN $2::boolean THEN finished_at ELSE coalesce(finished_at, now()) END,
       state = CASE WHEN $2 OR state = 'cancelled' THEN state ELSE 'finished' END
     WHERE id = $1 AND (NOT $2 OR state IN ('paused', 'cancelled'))`,
    [id, unopened],
  )
  return (rowCount ?? 0) > 0
}
