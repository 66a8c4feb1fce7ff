import { createHash, randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { countMatching, matchEvents, momentAfterNow, unfinishedFrom } from '../inbox/match-events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import { UsageError } from '../platform/app-error.ts'
import { canonicalJson } from '../platform/hash-chain.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import type { Routes } from '../saga/prepare-event.ts'
import { type BasedEvent, readBases } from './event-basis.ts'
import { checkFilter, DEFAULT_REPLAY_LIMIT, eventFilterOf, type ReplayFilter } from './replay-filter.ts'

/** What planning and running replays needs. */
export interface ReplayParts extends Routes {
  pool: Pool
  inbox: Inbox
  queue: EventQueue
  ledger: Ledger
  reader: ConfirmationReader
  /** Milliseconds since 1970. */
  now: () => number
  /** A plan of more events needs a second person; null: never. */
  secondPersonAbove: number | null
}

/** What matches is counted no further, so that a plan over a large inbox costs little more than its events. */
export const MOST_COUNTED = 100_000
/** For how long one planner has a plan to itself, seconds; a planner that died is followed by another one after that. */
export const PLANNER_LEASE_SECONDS = 60
const ROWS_PER_STATEMENT = 10_000

/**
 * Chooses the events and freezes them as a replay in state `planning`, which `planner` has to itself at first. Returns the replay's id.
 * @throws UsageError for an empty filter, a limit out of range, or an unknown `newSince`
 */
export async function startPlan(
  parts: Pick<ReplayParts, 'pool' | 'secondPersonAbove'>,
  asked: ReplayFilter,
  { by, planner }: { by: string; planner: string },
): Promise<string> {
  const { pool } = parts
  checkFilter(asked)
  const filter = { ...asked, to: asked.to ?? (await momentAfterNow(pool)) }
  const watermark = await unfinishedFrom(pool)
  const { seqs, matched } = await chooseEvents(pool, filter)
  const id = randomUUID()
  const needsSecond = parts.secondPersonAbove !== null && seqs.length > parts.secondPersonAbove
  await inTransaction(pool, async (client) => {
    await client.query(
      `INSERT INTO replay (id, state, filter, planned_by, matched, active, events, watermark, needs_second, lease_by, lease_until)
       VALUES ($1, 'planning', $2, $3, $4, true, $5, $6, $7, $8, now() + make_interval(secs => $9))`,
      [...[id, JSON.stringify(filter), by, matched, seqs.length, watermark, needsSecond], ...[planner, PLANNER_LEASE_SECONDS]],
    )
    // Read before the previews: what changes while they are made counts as changed.
    for (let at = 0; at < seqs.length; at += ROWS_PER_STATEMENT)
      await freezeItems(client, id, await readBases(client, seqs.slice(at, at + ROWS_PER_STATEMENT)))
  })
  return id
}

async function freezeItems(client: PoolClient, id: string, bases: ReadonlyMap<string, BasedEvent>): Promise<void> {
  const items = [...bases.values()]
  await client.query(
    `INSERT INTO replay_item (replay_id, seq, basis, identity_id)
     SELECT $1, i.seq, i.basis, i.identity_id FROM unnest($2::bigint[], $3::text[], $4::text[]) AS i (seq, basis, identity_id)`,
    [id, items.map(({ event }) => event.seq), items.map(({ basis }) => basis), items.map(({ event }) => event.identityId)],
  )
}

/** The oldest that match, and where those are not all, how many do. */
async function chooseEvents(pool: Pool, filter: ReplayFilter & { to: Date }): Promise<{ seqs: string[]; matched: number | null }> {
  const limit = filter.limit ?? DEFAULT_REPLAY_LIMIT
  const wanted = eventFilterOf(filter)
  if (filter.newSince !== undefined) {
    const seqs = await chooseNew(pool, filter.newSince, { ...wanted, states: ['parked', 'dead'] }, limit)
    return { seqs, matched: null }
  }
  // One more than the plan takes, to learn whether there is more.
  const seqs = await matchEvents(pool, wanted, limit + 1)
  if (seqs.length <= limit) return { seqs, matched: null }
  // An event may have ended in between: at least one more did match.
  const matched = Math.max(seqs.length, await countMatching(pool, wanted, MOST_COUNTED + 1))
  return { seqs: seqs.slice(0, limit), matched }
}

/** Failures of the same filter that came after the replay's events were chosen, oldest first. @throws UsageError: there is no such replay */
export async function chooseNew(pool: Pool, id: string, wanted: ReturnType<typeof eventFilterOf>, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ watermark: string | null; planned_at: Date }>(
    'SELECT watermark, planned_at FROM replay WHERE id::text = $1',
    [id],
  )
  const replay = rows[0]
  if (!replay) throw new UsageError(`there is no replay ${id}`, { field: 'newSince' })
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

/** SHA-256 over what was planned, item by item. */
export function createPlanHash(): { add(item: object): void; digest(): Buffer } {
  const hash = createHash('sha256')
  return { add: (item) => void hash.update(`${canonicalJson(item)}\n`), digest: () => hash.digest() }
}
