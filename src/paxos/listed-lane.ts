import type { ListedPage, Wanted } from './batch-reader.ts'
import { BudgetExhaustedError, PaxosNotFoundError } from './paxos-errors.ts'
import { type Walked, walkWanted } from './walk-wanted.ts'

/** How long reads are gathered before one walk, milliseconds. */
const GATHER_MS = 500
const AGAIN_MS = 5_000
/** A webhook comes within seconds of its event. Forged times outside of this cannot keep a walk from the events that came just now. */
const RECENT_MS = 60_000
/** Paxos can list about 600 events a minute within the limit of identities: this many pages reach them all. */
const PAGES_OF_RECENT = 6
const PAGES_OF_OLDER = 3

interface Waiting<Value> {
  wanted: Wanted
  resolve(value: Value): void
  reject(error: unknown): void
}

/**
 * Reads events by listings alone, in groups of half a second. It serves when the quota of single reads is used up, or a key has none: forged ids
 * then cost a page for many, not a call each. Each key has walks of its own, so forged times of one key take no page from another. An
 * event that the pages did not reach fails with BUDGET_EXHAUSTED and is read again after 5 s.
 */
export function createListedLane<Value>(
  listFrom: (fromMs: number, cursor: string | null) => Promise<ListedPage<Value>>,
  now: () => number = Date.now,
): {
  read(wanted: Wanted): Promise<Value>
} {
  const waiting = new Map<string | undefined, Waiting<Value>[]>()

  async function walk(wanted: readonly Wanted[]): Promise<Walked<Value>> {
    const since = now() - RECENT_MS
    const recent = wanted.filter(({ at }) => at >= since)
    const older = wanted.filter(({ at }) => at < since)
    const first = await walkWanted(recent, { listFrom, lagMs: 1, pagesAtLeast: PAGES_OF_RECENT })
    const then = await walkWanted(older, { listFrom, lagMs: 1, pagesAtLeast: PAGES_OF_OLDER })
    return { found: new Map([...first.found, ...then.found]), absent: new Set([...first.absent, ...then.absent]) }
  }

  async function answer(keySlot: string | undefined): Promise<void> {
    const all = waiting.get(keySlot) ?? []
    waiting.delete(keySlot)
    try {
      const { found, absent } = await walk(all.map(({ wanted }) => wanted))
      for (const { wanted, resolve, reject } of all) {
        const value = found.get(wanted.id)
        if (value !== undefined) resolve(value)
        else if (absent.has(wanted.id)) reject(new PaxosNotFoundError({ operation: 'events.list' }))
        else reject(new BudgetExhaustedError({ endpointClass: 'unproven', retryAfterMs: AGAIN_MS }))
      }
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }

  return {
    read: (wanted) =>
      new Promise((resolve, reject) => {
        const keySlot = wanted.sender?.keySlot
        const beside = waiting.get(keySlot)
        if (beside) return void beside.push({ wanted, resolve, reject })
        waiting.set(keySlot, [{ wanted, resolve, reject }])
        setTimeout(() => void answer(keySlot), GATHER_MS)
      }),
  }
}
