import type { ListedPage } from './batch-reader.ts'
import type { PaxosIdentity } from './identities.ts'

export interface ChangedIdentitiesOptions {
  /** Identities that have changed since `fromMs`, by Paxos's clock. */
  listChanged(fromMs: number, cursor: string | null): Promise<ListedPage<PaxosIdentity>>
  now: () => number
}

/** Which identities have changed at Paxos since a beginning, by List Identities: a page of changes stands for reading all that have not changed. */
export interface ChangedIdentities {
  /** From now on changes are followed, unless they are already. Call it before the first status is read. */
  follow(): void
  /** Reads what has changed since the last look, once at a time. False: it could not be read. */
  look(): Promise<boolean>
  /** What was read of an identity at `readAt` is known to have been the same until this moment; null: it has changed since. */
  sameUntil(seen: PaxosIdentity, readAt: number): number | null
  /** When changes were last known, milliseconds since 1970; 0: they are not followed. */
  lookedAt(): number
}

/** A look begins this much before the last one: Paxos's clock may differ from ours, and a change may show in its list a moment later. */
const OVERLAP_MS = 180_000
/** When a look would need more pages, statuses are read again instead. */
const MOST_PAGES = 20
/** After a look that failed, milliseconds. */
const REST_MS = 5_000
/** After a longer time without a look, changes are followed from now on. */
const LONGEST_GAP_MS = 1_800_000
/** Changes that are remembered; when there are more, they are followed from now on. */
const MOST_CHANGES = 20_000

export function createChangedIdentities({ listChanged, now }: ChangedIdentitiesOptions): ChangedIdentities {
  /** Changes after this moment are known; null: none are followed. */
  let since: number | null = null
  let lookedAt = 0
  let restUntil = 0
  let looking: Promise<boolean> | null = null
  const changed = new Map<string, PaxosIdentity>()

  function beginAnew(): void {
    since = now()
    lookedAt = since
    changed.clear()
  }

  /** Null: there are more than are followed. */
  async function readChanges(fromMs: number): Promise<Map<string, PaxosIdentity> | null> {
    const found = new Map<string, PaxosIdentity>()
    let cursor: string | null = null
    for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
      const page: ListedPage<PaxosIdentity> = await listChanged(fromMs, cursor)
      for (const { id, value } of page.values) found.set(id, value)
      cursor = page.nextCursor
      if (cursor === null) return found
    }
    return null
  }

  async function read(): Promise<boolean> {
    const beganAt = now()
    const found = await readChanges(lookedAt - OVERLAP_MS)
    if (found === null || changed.size + found.size > MOST_CHANGES) {
      beginAnew() // statuses that were read before count as unknown to the list
      return false
    }
    for (const [id, value] of found) changed.set(id, value)
    lookedAt = beganAt
    return true
  }

  return {
    follow() {
      if (since === null || now() - lookedAt > LONGEST_GAP_MS) beginAnew()
    },
    look() {
      if (since === null || now() < restUntil) return Promise.resolve(false)
      looking ??= read()
        .catch(() => {
          restUntil = now() + REST_MS
          return false
        })
        .finally(() => {
          looking = null
        })
      return looking
    },
    sameUntil(seen, readAt) {
      const latest = changed.get(seen.id)
      if (latest && isLater(latest, seen)) return null
      return since !== null && since <= readAt ? Math.max(readAt, lookedAt) : readAt
    },
    lookedAt: () => lookedAt,
  }
}

/** The same change as was read is none: each look goes back over the time before it. */
function isLater(latest: PaxosIdentity, seen: PaxosIdentity): boolean {
  return latest.updatedAt !== seen.updatedAt && Date.parse(latest.updatedAt) >= Date.parse(seen.updatedAt)
}
