/** Permits for single reads of unproven events, by key slot. */
export interface ReadPermits {
  /** False: the quota of the key is used up. Rejects when the store does not answer. */
  take(slot: string): Promise<boolean>
  /** The read cost nothing after all. */
  giveBack(slot: string): void
}

/** A store that had nothing left is asked again after this time: a flood must not become a flood of questions. */
const ASK_AGAIN_MS = 1_000
/** Permits that came back stay in this process for the next read. More than its slots at Paxos need are not kept. */
const MOST_KEPT = 100

/** What this process holds of one key. */
interface Held {
  left: number
  dryUntil: number
  asking: Promise<void> | null
  waiting: number
}

/**
 * The permits that this process holds. Callers that wait share one question to the store, and a permit that comes back serves the next caller, so a
 * key whose events Paxos knows costs one question in all.
 */
export function createReadPermits({
  take,
  now,
}: {
  /** Takes up to `wanted` permits from the quota that all processes share; resolves to how many were granted. */
  take: (slot: string, wanted: number) => Promise<number>
  now: () => number
}): ReadPermits {
  const permits = new Map<string, Held>()
  const heldOf = (slot: string): Held => {
    const held = permits.get(slot) ?? { left: 0, dryUntil: Number.NEGATIVE_INFINITY, asking: null, waiting: 0 }
    permits.set(slot, held)
    return held
  }
  const ask = async (slot: string, held: Held): Promise<void> => {
    await Promise.resolve() // callers of the same turn share the question
    const wanted = held.waiting
    try {
      const granted = await take(slot, wanted)
      held.left += granted
      if (granted < wanted) held.dryUntil = now() + ASK_AGAIN_MS
    } finally {
      held.asking = null
    }
  }
  return {
    async take(slot) {
      const held = heldOf(slot)
      held.waiting += 1
      try {
        while (held.left === 0) {
          if (now() < held.dryUntil) return false
          held.asking ??= ask(slot, held)
          await held.asking
        }
        held.left -= 1
        return true
      } finally {
        held.waiting -= 1
      }
    },
    giveBack(slot) {
      const held = heldOf(slot)
      held.left = Math.min(MOST_KEPT, held.left + 1)
    },
  }
}
