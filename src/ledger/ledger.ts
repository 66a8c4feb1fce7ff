import type { Pool } from 'pg'
import type { Attempt, Effect, Lease, Receipt, Snapshot } from '../domain/effect.ts'
import type { Snapshot as OnboardingSnapshot } from '../domain/onboarding/onboarding.ts'
import { errorCode } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import { GENESIS, hashLink } from '../platform/hash-chain.ts'
import type { Bookkeeping, Change, Stored } from './change.ts'
import { ATTEMPT, type Chained, commitValues } from './ledger-rows.ts'
import { commitStatement, KEEP_ATTEMPTS, loadStatement, versionsStatement } from './ledger-sql.ts'
import type { StreamTable } from './stream-table.ts'

/**
 * The streams of one kind, their effects and their append-only entries. There is one write path: a change of a stream, its entries, effects
 * and the end of its event are committed by one statement, and concurrent changes share a commit.
 */
export interface Ledger<S extends Snapshot = OnboardingSnapshot> {
  /** The stream as last committed; null for an unknown one. Concurrent callers share one query. */
  load(streamId: string): Promise<Stored<S> | null>
  /**
   * Commits a change on the version that it was decided on. `null`: another worker committed first; load and decide again. Resolves only
   * after the (synchronous) commit. Rejects when the database does not answer; the outcome is then unknown.
   */
  commit(change: Change<S>): Promise<Stored<S> | null>
  /** Stores failed attempts that will be made again: no change carries them. */
  keepAttempts(streamId: string, attempts: readonly Attempt[]): Promise<void>
  /** The present versions of the streams that exist. */
  versions(streamIds: readonly string[]): Promise<Map<string, number>>
  close(): Promise<void>
}

/** Most changes in one statement: beyond a few hundred a longer statement only adds waiting. */
const MAX_BATCH = 200
const MAX_WAITING = 20_000
const UNIQUE_VIOLATION = '23505'

/** The ledger of one kind of stream: for onboardings `ONBOARDING_TABLE`. */
export function createLedger<S extends Snapshot>({ pool, table }: { pool: Pool; table: StreamTable<S> }): Ledger<S> {
  const load = { name: `load-${table.kind}`, text: loadStatement(table) }
  const commit = { name: `commit-${table.kind}`, text: commitStatement(table) }
  const loads = createGroupCommitter<string, Stored<S> | null>({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    write: async (streamIds) => {
      const { rows } = await pool.query<SnapshotRow>({ ...load, values: [[...new Set(streamIds)]] })
      const found = new Map(rows.map((row) => [row[table.idColumn], toStored(table, row)]))
      return streamIds.map((id) => found.get(id) ?? null)
    },
  })
  const commits = createGroupCommitter<Change<S>, Stored<S> | null>({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    write: (changes) => commitChanges(table, changes, async (values) => (await pool.query<Moved>({ ...commit, values })).rows),
  })
  return {
    load: (streamId) => loads.submit(streamId),
    commit: async (change) => {
      try {
        return await commits.submit(change)
      } catch (error) {
        // Two simultaneous first commits of one stream may collide on another unique column (an identity's ref_id) before they collide on
        // its id, which is the only collision that the statement handles. On a second try the winner's row is there. A real conflict fails
        // again.
        if (errorCode(error) !== UNIQUE_VIOLATION) throw error
        return await commits.submit(change)
      }
    },
    keepAttempts: async (streamId, attempts) => {
      const rows = attempts.map((attempt) => ({ ...attempt, streamId }))
      await pool.query({ name: 'keep-attempts', text: KEEP_ATTEMPTS, values: ATTEMPT.map(({ parameter }) => parameter(rows)) })
    },
    versions: async (streamIds) => {
      const text = versionsStatement(table)
      const { rows } = await pool.query<{ id: string; version: number }>({ name: `load-${table.kind}-versions`, text, values: [streamIds] })
      return new Map(rows.map(({ id, version }) => [id, version]))
    },
    close: async () => {
      await Promise.all([loads.close(), commits.close()])
    },
  }
}

interface Moved {
  stream_id: string
}

/** Commits all changes in one statement: one round trip and one commit. Of several changes of a stream, the first one is committed. */
async function commitChanges<S extends Snapshot>(
  table: StreamTable<S>,
  changes: readonly Change<S>[],
  write: (values: Buffer[]) => Promise<Moved[]>,
): Promise<(Stored<S> | null)[]> {
  const chosen = new Map<string, Chained<S>>()
  for (const change of changes) {
    const id = table.idOf(change.draft)
    if (!chosen.has(id)) chosen.set(id, chain(table, change))
  }
  const chained = [...chosen.values()]
  const moved = new Set((await write(commitValues(table, chained))).map(({ stream_id }) => stream_id))
  const won = new Map(chained.map(({ change, streamId, after }) => [change, moved.has(streamId) ? after : null]))
  return changes.map((change) => won.get(change) ?? null)
}

/** Numbers the entries of a change and links each to the one before it. */
function chain<S extends Snapshot>(table: StreamTable<S>, change: Change<S>): Chained<S> {
  const { before, draft, actor, at } = change
  const streamId = table.idOf(draft)
  const values = table.valuesOf(draft)
  const effects = draft.effects.map((effect) => (effect.intendedAt === null ? { ...effect, intendedAt: at.getTime() } : effect))
  let headHash: Buffer = before?.headHash ?? GENESIS
  let entryCount = before?.entryCount ?? 0
  const entries = draft.entries.map(({ kind, data }) => {
    entryCount += 1
    const previous = headHash
    headHash = hashLink(previous, { chain: streamId, entryNo: entryCount, at, kind, actor, data })
    return { streamId, actor, at: at.getTime(), entryNo: entryCount, kind, data, previous, hash: headHash }
  })
  const { entries: _, attempted: __, ...snapshot } = draft
  const bookkeeping: Bookkeeping = { version: (before?.version ?? 0) + 1, entryCount, headHash }
  // The draft without its entries and attempts is the new snapshot.
  return { change, streamId, values, after: { ...snapshot, effects, ...bookkeeping } as unknown as Stored<S>, entries }
}

/** All or none: the check `effect_lease_is_whole`. */
type LeaseColumns =
  | { lease_seq: string; lease_generation: number; lease_until: string }
  | { lease_seq: null; lease_generation: null; lease_until: null }

interface SnapshotRow extends Readonly<Record<string, unknown>> {
  version: number
  entry_count: number
  head_hash: Buffer
  effects: EffectRow[]
}

type EffectRow = EffectColumns & LeaseColumns

interface EffectColumns {
  step: string
  kind: string
  name: string | null
  number: number
  key: string
  state: Effect['state']
  attempts: number
  intended_at: string
  receipt: Receipt | null
  error_code: string | null
}

function toStored<S extends Snapshot>(table: StreamTable<S>, row: SnapshotRow): Stored<S> {
  const { version, entry_count, head_hash } = row
  return { ...table.snapshot(row, row.effects.map(toEffect)), version, entryCount: entry_count, headHash: head_hash }
}

function toEffect({ intended_at, error_code, ...same }: EffectRow): Effect {
  const { lease_seq: _, lease_generation: __, lease_until: ___, ...effect } = same
  return { ...effect, intendedAt: Date.parse(intended_at), lease: toLease(same), errorCode: error_code }
}

function toLease(row: LeaseColumns): Lease | null {
  return row.lease_seq === null ? null : { seq: row.lease_seq, generation: row.lease_generation, until: Date.parse(row.lease_until) }
}
