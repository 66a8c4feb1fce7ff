import type { Pool } from 'pg'
import { countMatching, matchEvents } from '../inbox/match-events.ts'
import { UsageError } from '../platform/app-error.ts'
import { type BasedEvent, readBases } from './event-basis.ts'
import { PLANNER_LEASE_SECONDS, type ReplayParts } from './plan-replay.ts'
import { DEFAULT_REPLAY_LIMIT, eventFilterOf, type ReplayFilter, storedFilter } from './replay-filter.ts'

/** Matching events are counted up to here, so that a plan over a large inbox costs little more than its own events. */
export const MOST_COUNTED = 100_000
const ROWS_PER_STATEMENT = 10_000
/** Items frozen by one statement: about a second of work, so that the progress shows and the lease is renewed in time. */
const ITEMS_PER_STATEMENT = 5_000

/** A plan that this planner has leased. */
interface LeasedPlan {
  id: string
  planner: string
  /** The stored filter. */
  filter: object
}

/**
 * Chooses the events of a plan and freezes them in batches of 5,000. If a planner dies, the next one chooses again, and frozen items stay.
 * Bases are read before the previews are made, so a change during the previews counts as a change since the plan.
 */
export async function chooseItems(
  { pool, secondPersonAbove }: Pick<ReplayParts, 'pool' | 'secondPersonAbove'>,
  plan: LeasedPlan,
): Promise<void> {
  const { seqs, matched } = await chooseEvents(pool, storedFilter(plan.filter))
  for (let at = 0; at < seqs.length; at += ITEMS_PER_STATEMENT) {
    const bases = await readBases(pool, seqs.slice(at, at + ITEMS_PER_STATEMENT))
    if (!(await freezeItems(pool, plan, bases))) return
  }
  await pool.query(
    `UPDATE replay SET chosen = true, matched = $3, needs_second = $4::int IS NOT NULL AND events > $4
     WHERE id = $1 AND state = 'planning' AND NOT chosen AND lease_by = $2`,
    [plan.id, plan.planner, matched, secondPersonAbove],
  )
}

/** Adds items to the plan and renews its lease, in one statement. False: the plan was discarded, or another planner has it. */
async function freezeItems(pool: Pool, { id, planner }: LeasedPlan, bases: ReadonlyMap<string, BasedEvent>): Promise<boolean> {
  const items = [...bases.values()]
  const { rowCount } = await pool.query(
    `WITH plan AS (
       SELECT id FROM replay WHERE id = $1 AND state = 'planning' AND NOT chosen AND lease_by = $5 FOR UPDATE
     ), frozen AS (
       INSERT INTO replay_item (replay_id, seq, basis, identity_id)
       SELECT plan.id, i.seq, i.basis, i.identity_id FROM plan, unnest($2::bigint[], $3::text[], $4::text[]) AS i (seq, basis, identity_id)
       ON CONFLICT (replay_id, seq) DO NOTHING RETURNING 1
     )
     UPDATE replay SET events = events + (SELECT count(*) FROM frozen), lease_until = now() + make_interval(secs => $6)
     FROM plan WHERE replay.id = plan.id`,
    [
      ...[id, items.map(({ event }) => event.seq), items.map(({ basis }) => basis), items.map(({ event }) => event.identityId)],
      ...[planner, PLANNER_LEASE_SECONDS],
    ],
  )
  return rowCount === 1
}

/** The oldest matching events, and the number of matches when the limit left some out. */
async function chooseEvents(pool: Pool, filter: ReplayFilter & { to: Date }): Promise<{ seqs: string[]; matched: number | null }> {
  const limit = filter.limit ?? DEFAULT_REPLAY_LIMIT
  const wanted = eventFilterOf(filter)
  if (filter.newSince !== undefined) {
    const seqs = await chooseNew(pool, filter.newSince, { ...wanted, states: ['parked', 'dead'] }, limit)
    return { seqs, matched: null }
  }
  // One more than the plan takes, to learn whether more events match.
  const seqs = await matchEvents(pool, wanted, limit + 1)
  if (seqs.length <= limit) return { seqs, matched: null }
  // An event may have ended between the two statements, so the count is at least the number of events read.
  const matched = Math.max(seqs.length, await countMatching(pool, wanted, MOST_COUNTED + 1))
  return { seqs: seqs.slice(0, limit), matched }
}

/** Failures under the same filter since the replay's events were chosen, oldest first. @throws UsageError for an unknown replay */
export async function chooseNew(pool: Pool, id: string, wanted: ReturnType<typeof eventFilterOf>, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ watermark: string | null; planned_at: Date }>(
    'SELECT watermark, planned_at FROM replay WHERE id::text = $1',
    [id],
  )
  const replay = rows[0]
  if (!replay) throw new UsageError(`unknown replay ${id}`, { field: 'newSince' })
  const found: string[] = []
  let fromSeq = replay.watermark ?? '0'
  for (;;) {
    const seqs = await matchEvents(pool, { ...wanted, fromSeq, completedSince: replay.planned_at }, ROWS_PER_STATEMENT)
    found.push(...(await withoutItems(pool, id, seqs)))
    if (seqs.length < ROWS_PER_STATEMENT || found.length >= limit) return found.slice(0, limit)
    fromSeq = String(BigInt(seqs.at(-1) ?? '0') + 1n)
  }
}

async function withoutItems(pool: Pool, id: string, seqs: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ seq: string }>('SELECT seq FROM replay_item WHERE replay_id = $1 AND seq = ANY ($2::bigint[])', [
    id,
    seqs,
  ])
  const known = new Set(rows.map(({ seq }) => seq))
  return seqs.filter((seq) => !known.has(seq))
}
