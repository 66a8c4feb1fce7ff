import { createHash, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { momentAfterNow, unfinishedFrom } from '../inbox/match-events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import { UsageError } from '../platform/app-error.ts'
import { canonicalJson } from '../platform/hash-chain.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import type { Routes } from '../saga/prepare-event.ts'
import { checkFilter, type ReplayFilter } from './replay-filter.ts'
import { readHead } from './replay-record.ts'

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

/** Lease of a planner on a plan, seconds. If the planner dies, another one continues after that. */
export const PLANNER_LEASE_SECONDS = 60

/**
 * Records a plan in state `planning`, leased to `planner`. `continuePlan` chooses its events. Returns its id.
 * @throws UsageError for an empty filter, a limit out of range, or an unknown `newSince`
 */
export async function startPlan(
  { pool }: Pick<ReplayParts, 'pool'>,
  asked: ReplayFilter,
  { by, planner }: { by: string; planner: string },
): Promise<string> {
  checkFilter(asked)
  if (asked.newSince !== undefined && !(await readHead(pool, asked.newSince)))
    throw new UsageError(`unknown replay ${asked.newSince}`, { field: 'newSince' })
  const filter = { ...asked, to: asked.to ?? (await momentAfterNow(pool)) }
  const watermark = await unfinishedFrom(pool)
  const id = randomUUID()
  await pool.query(
    `INSERT INTO replay (id, state, filter, planned_by, active, chosen, events, watermark, lease_by, lease_until)
     VALUES ($1, 'planning', $2, $3, true, false, 0, $4, $5, now() + make_interval(secs => $6))`,
    [id, JSON.stringify(filter), by, watermark, planner, PLANNER_LEASE_SECONDS],
  )
  return id
}

/** SHA-256 over what was planned, item by item. */
export function createPlanHash(): { add(item: object): void; digest(): Buffer } {
  const hash = createHash('sha256')
  return { add: (item) => void hash.update(`${canonicalJson(item)}\n`), digest: () => hash.digest() }
}
