import type { RetryClass } from '../platform/app-error.ts'

/** What becomes of work that failed: another try, with or without spending an attempt, or a person. */
export type Retry = { kind: 'retry'; delayMs: number; spendsAttempt: boolean } | { kind: 'park' } | { kind: 'dead' }

/** Attempts that failures may spend before work is dead: with the delays below, about twenty minutes. */
export const MAX_ATTEMPTS = 12

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 600_000
const SNOOZE_MS = 5_000

/**
 * Full jitter (a random share of an exponentially growing wait), so that what failed together does not come back together.
 * A snooze (outage, budget, somebody else's turn) spends nothing: an outage upstream never fills the dead letters.
 * `attempts` counts those spent before this failure; `random` is in [0, 1).
 */
export function retryAfter(
  failure: { retry: RetryClass; retryAfterMs?: number | undefined },
  { attempts, random }: { attempts: number; random: number },
): Retry {
  switch (failure.retry) {
    case 'never':
      return { kind: 'park' }
    case 'snooze':
      return { kind: 'retry', delayMs: Math.round((failure.retryAfterMs ?? SNOOZE_MS) * (1 + random / 2)), spendsAttempt: false }
    case 'backoff':
    case 'ask-first': {
      if (attempts + 1 >= MAX_ATTEMPTS) return { kind: 'dead' }
      const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts)
      return { kind: 'retry', delayMs: Math.max(failure.retryAfterMs ?? 0, Math.round(ceiling * (0.5 + random / 2))), spendsAttempt: true }
    }
  }
}
