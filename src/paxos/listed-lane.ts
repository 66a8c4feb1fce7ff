import type { ListedPage, Wanted } from './batch-reader.ts'
import { BudgetExhaustedError, PaxosNotFoundError } from './paxos-errors.ts'
import { walkWanted } from './walk-wanted.ts'

/** How long reads are gathered before one walk, milliseconds. */
const GATHER_MS = 500
const PAGES_AT_LEAST = 3
const AGAIN_MS = 5_000

/**
 * Reads events by listings alone, in groups of half a second. It serves when the quota of single reads is used up: forged ids then cost a
 * page for many, not a call each. An event that the pages did not reach fails with BUDGET_EXHAUSTED and is read again after 5 s.
 */
export function createListedLane<Value>(listFrom: (fromMs: number, cursor: string | null) => Promise<ListedPage<Value>>): {
  read(wanted: Wanted): Promise<Value>
} {
  let waiting: { wanted: Wanted; resolve: (value: Value) => void; reject: (error: unknown) => void }[] = []
  const walk = async (): Promise<void> => {
    const all = waiting
    waiting = []
    try {
      const wanted = all.map((each) => each.wanted)
      const { found, absent } = await walkWanted(wanted, { listFrom, lagMs: 1, pagesAtLeast: PAGES_AT_LEAST })
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
        if (waiting.length === 0) setTimeout(walk, GATHER_MS)
        waiting.push({ wanted, resolve, reject })
      }),
  }
}
