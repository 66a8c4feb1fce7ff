import type { ListedPage } from './batch-reader.ts'
import type { PaxosIdentity } from './identities.ts'

export interface ChangedIdentitiesOptions {
  /** Identities that changed since `fromMs`, by Paxos's clock. */
  listChanged(fromMs: number, cursor: string | null): Promise<ListedPage<PaxosIdentity>>
  now: () => number
}

/**
 * The identities that changed at Paxos since a starting time, by List Identities: one page of changes spares reading all that have not
 * changed.
 */
export interface ChangedIdentities {
  /** Starts to follow changes, unless they are followed already. Call it before the first status is read. */
  follow(): void
  /** Reads the changes since the last read, one read at a time. False: they could not be read. */
  update(): Promise<boolean>
  /** The time until which an identity read at `readAt` is known to be unchanged; null: it has changed since. */
  sameUntil(seen: PaxosIdentity, readAt: number): number | null
  /** When changes were last known, milliseconds since 1970; 0: they are not followed. */
  knownAt(): number
}

/**
 * A read starts this long before the last one, milliseconds: Paxos's clock may differ from ours, and a change may appear in its list a
 * moment later.
 */
const OVERLAP_MS = 180_000
/** Most pages of a read. When it would need more, statuses are read again instead. */
const MOST_PAGES = 20
/** Rest after a failed read, milliseconds. */
const REST_MS = 5_000
/** After a longer time without a read, changes are only followed from the present on, milliseconds. */
const LONGEST_GAP_MS = 1_800_000
/** Most remembered changes. With more, changes are only followed from the present on. */
const MOST_CHANGES = 20_000

/** One closure: what is known of changes, and until when, is one state. */
export function createChangedIdentities({ listChanged, now }: ChangedIdentitiesOptions): ChangedIdentities {
  /** Changes after this time are known; null: changes are not followed. */
  let since: number | null = null
  let knownAt = 0
  let restUntil = 0
  let reading: Promise<boolean> | null = null
  const changed = new Map<string, PaxosIdentity>()

  function startOver(): void {
    since = now()
    knownAt = since
    changed.clear()
  }

  /** Null: there are too many changes. */
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
    const found = await readChanges(knownAt - OVERLAP_MS)
    if (found === null || changed.size + found.size > MOST_CHANGES) {
      startOver() // the list says nothing about statuses that were read before
      return false
    }
    for (const [id, value] of found) changed.set(id, value)
    knownAt = beganAt
    return true
  }

  return {
    follow() {
      if (since === null || now() - knownAt > LONGEST_GAP_MS) startOver()
    },
    update() {
      if (since === null || now() < restUntil) return Promise.resolve(false)
      reading ??= read()
        .catch(() => {
          restUntil = now() + REST_MS
          return false
        })
        .finally(() => {
          reading = null
        })
      return reading
    },
    sameUntil(seen, readAt) {
      const latest = changed.get(seen.id)
      if (latest && isLater(latest, seen)) return null
      return since !== null && since <= readAt ? Math.max(readAt, knownAt) : readAt
    },
    knownAt: () => knownAt,
  }
}

/** Whether this is a later change: each read overlaps the one before and shows some changes twice. */
function isLater(latest: PaxosIdentity, seen: PaxosIdentity): boolean {
  return latest.updatedAt !== seen.updatedAt && Date.parse(latest.updatedAt) >= Date.parse(seen.updatedAt)
}
