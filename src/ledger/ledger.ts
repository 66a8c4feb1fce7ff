import type { Pool } from 'pg'
import type { Effect, Onboarding } from '../domain/onboarding/onboarding.ts'
import { errorCode } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import { GENESIS, hashLink } from '../platform/hash-chain.ts'
import type { Change, Stored } from './change.ts'
import { type Chained, commitValues } from './ledger-rows.ts'
import { COMMIT_CHANGES, LOAD_SNAPSHOTS } from './ledger-sql.ts'

/**
 * The onboarding record, its effects and its append-only entries: one write path. Every change of an onboarding, its
 * entries, effects and the end of its event are one row each in one statement, and concurrent changes share one commit.
 */
export interface Ledger {
  /** The last committed snapshots of these identities; absent where there is none. Concurrent callers share one query. */
  load(identityId: string): Promise<Stored | null>
  /**
   * Commits a change on the version it was decided on. `null`: somebody else committed first; load and decide again.
   * Resolves only after the commit (synchronous). Rejects when the database does not answer; nothing is then known.
   */
  commit(change: Change): Promise<Stored | null>
  close(): Promise<void>
}

/** Rows per statement: past a few hundred a longer statement only adds waiting. */
const MAX_BATCH = 200
const MAX_WAITING = 20_000
const UNIQUE_VIOLATION = '23505'

export function createLedger({ pool }: { pool: Pool }): Ledger {
  const loads = createGroupCommitter<string, Stored | null>({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    write: async (identityIds) => {
      const { rows } = await pool.query<SnapshotRow>({ name: 'load-snapshots', text: LOAD_SNAPSHOTS, values: [[...new Set(identityIds)]] })
      const found = new Map(rows.map((row) => [row.identity_id, toStored(row)]))
      return identityIds.map((id) => found.get(id) ?? null)
    },
  })
  const commits = createGroupCommitter<Change, Stored | null>({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    write: (changes) => commitChanges(pool, changes),
  })
  return {
    load: (identityId) => loads.submit(identityId),
    commit: async (change) => {
      try {
        return await commits.submit(change)
      } catch (error) {
        // Two first commits of one identity at the same instant may meet on its ref_id before they meet on its id, which alone the
        // statement knows how to lose on. Once more, and the winner's row is there; a ref_id that is really another's fails again.
        if (errorCode(error) !== UNIQUE_VIOLATION) throw error
        return await commits.submit(change)
      }
    },
    close: async () => {
      await Promise.all([loads.close(), commits.close()])
    },
  }
}

/** All changes in one statement, so one round trip and one commit. Of several for an identity, the first one that came goes along. */
async function commitChanges(pool: Pool, changes: readonly Change[]): Promise<(Stored | null)[]> {
  const chosen = new Map<string, Chained>()
  for (const change of changes) {
    const id = change.draft.onboarding.identityId
    if (!chosen.has(id)) chosen.set(id, chain(change))
  }
  const chained = [...chosen.values()]
  const { rows } = await pool.query<{ identity_id: string }>({
    name: 'commit-changes',
    text: COMMIT_CHANGES,
    values: commitValues(chained),
  })
  const moved = new Set(rows.map((row) => row.identity_id))
  const won = new Map(chained.map(({ change, after }) => [change, moved.has(after.onboarding.identityId) ? after : null]))
  return changes.map((change) => won.get(change) ?? null)
}

/** Numbers the entries of a change and links each to the one before it. */
function chain(change: Change): Chained {
  const { before, draft, actor, at } = change
  const { onboarding } = draft
  const identityId = onboarding.identityId
  const effects = draft.effects.map((effect) => (effect.intendedAt === null ? { ...effect, intendedAt: at.getTime() } : effect))
  let headHash: Buffer = before?.headHash ?? GENESIS
  let entryCount = before?.entryCount ?? 0
  const entries = draft.entries.map(({ kind, data }) => {
    entryCount += 1
    const previous = headHash
    headHash = hashLink(previous, { chain: identityId, entryNo: entryCount, at, kind, actor, data })
    return { change, entryNo: entryCount, kind, data, previous, hash: headHash }
  })
  return { change, after: { onboarding, effects, version: (before?.version ?? 0) + 1, entryCount, headHash }, entries }
}

interface SnapshotRow {
  identity_id: string
  ref_id: string | null
  origin: Onboarding['origin']
  state: Onboarding['state']
  held_from: Onboarding['heldFrom']
  held_reason: Onboarding['heldReason']
  identity_status: string | null
  required_documents: string[]
  account_id: string | null
  profile_id: string | null
  version: number
  entry_count: number
  head_hash: Buffer
  effects: EffectRow[]
}

interface EffectRow {
  step: string
  kind: Effect['kind']
  key: string
  state: Effect['state']
  attempts: number
  intended_at: string
  lease_by: string | null
  lease_until: string | null
  receipt: Effect['receipt']
  error_code: string | null
}

function toStored(row: SnapshotRow): Stored {
  return {
    onboarding: {
      identityId: row.identity_id,
      refId: row.ref_id,
      origin: row.origin,
      state: row.state,
      heldFrom: row.held_from,
      heldReason: row.held_reason,
      identityStatus: row.identity_status,
      requiredDocuments: row.required_documents,
      accountId: row.account_id,
      profileId: row.profile_id,
    },
    effects: row.effects.map((effect) => ({
      step: effect.step,
      kind: effect.kind,
      key: effect.key,
      state: effect.state,
      attempts: effect.attempts,
      intendedAt: Date.parse(effect.intended_at),
      leaseBy: effect.lease_by === null ? null : String(effect.lease_by),
      leaseUntil: effect.lease_until === null ? null : Date.parse(effect.lease_until),
      receipt: effect.receipt,
      errorCode: effect.error_code,
    })),
    version: row.version,
    entryCount: row.entry_count,
    headHash: row.head_hash,
  }
}
