import type { RetryClass } from '../platform/app-error.ts'

/** What happens to failed work: another try, or a person. */
export type Retry = { kind: 'retry'; delayMs: number } | { kind: 'park' } | { kind: 'dead' }

/** Attempts that failures may spend before work is dead: with the delays below about 20 min. */
export const MAX_ATTEMPTS = 12
/**
 * Unknown outcomes before work is dead: with the delays below about a day. An outage in which only writes fail is over by then, and a
 * request that the other side never answers does not wait for ever.
 */
export const MAX_UNKNOWN_OUTCOMES = 200

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 600_000
const SNOOZE_MS = 5_000
/** Most that is added to a snooze, so that a long wait does not become half as long again. The budget lets no more through than Paxos permits. */
const LONGEST_SPREAD_MS = 5_000

/** What work on an event has spent: attempts, and unknown outcomes. */
export interface Spent {
  attempts: number
  unknownOutcomes: number
}

/**
 * Decides on the next try, with half jitter (a random half of an exponentially growing wait), so that work that failed together does not
 * return together. A snooze (outage, budget, another process's lease) spends nothing, so an outage at Paxos never fills the dead letters.
 * An unknown outcome backs off by a count of its own. `random` is in [0, 1).
 */
export function retryAfter(
  failure: { retry: RetryClass; retryAfterMs?: number | undefined },
  { attempts, unknownOutcomes, random }: Spent & { random: number },
): Retry {
  const again = (spent: number, most: number): Retry => {
    if (spent + 1 >= most) return { kind: 'dead' }
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** spent)
    return { kind: 'retry', delayMs: Math.max(failure.retryAfterMs ?? 0, Math.round(ceiling * (0.5 + random / 2))) }
  }
  switch (failure.retry) {
    case 'never':
      return { kind: 'park' }
    case 'snooze':
      return { kind: 'retry', delayMs: snoozeMs(failure.retryAfterMs ?? SNOOZE_MS, random) }
    case 'backoff':
      return again(attempts, MAX_ATTEMPTS)
    case 'ask-first':
      return again(unknownOutcomes, MAX_UNKNOWN_OUTCOMES)
  }
}

function snoozeMs(waitMs: number, random: number): number {
  return Math.round(waitMs + Math.min(waitMs / 2, LONGEST_SPREAD_MS) * random)
}

/** What work has spent after one more failure of this class. */
export function spentAfter(retry: RetryClass, { attempts, unknownOutcomes }: Spent): Spent {
  switch (retry) {
    case 'never':
    case 'backoff':
      return { attempts: attempts + 1, unknownOutcomes }
    case 'ask-first':
      return { attempts, unknownOutcomes: unknownOutcomes + 1 }
    case 'snooze':
      return { attempts, unknownOutcomes }
  }
}
