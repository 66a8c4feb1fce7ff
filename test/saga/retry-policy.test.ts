import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ATTEMPTS, MAX_UNKNOWN_OUTCOMES, retryAfter, spentAfter } from '../../src/saga/retry-policy.ts'

const fresh = { attempts: 0, unknownOutcomes: 0, random: 0 }

describe('the retry policy', () => {
  it('parks at once what a retry cannot fix', () => {
    expect(retryAfter({ retry: 'never' }, fresh)).toEqual({ kind: 'park' })
  })
  it('spends no attempt on an outage of any length, so that it never fills the dead letters', () => {
    const spent = { attempts: MAX_ATTEMPTS + 100, unknownOutcomes: MAX_UNKNOWN_OUTCOMES + 100 }
    expect(retryAfter({ retry: 'snooze' }, { ...spent, random: 0 }).kind).toBe('retry')
    expect(spentAfter('snooze', spent)).toEqual(spent)
  })
  it('waits at least as long as the other side asked for', () => {
    expect(retryAfter({ retry: 'snooze', retryAfterMs: 300_000 }, fresh)).toMatchObject({ delayMs: 300_000 })
    expect(retryAfter({ retry: 'backoff', retryAfterMs: 300_000 }, fresh)).toMatchObject({ delayMs: 300_000 })
  })
  it('F49: adds at most 5 s to a long snooze, so that a full budget window is used when it opens', () => {
    const delays = [0, 0.5, 0.999].map((random) => retryAfter({ retry: 'snooze', retryAfterMs: 300_000 }, { ...fresh, random }))
    expect(delays).toMatchObject([{ delayMs: 300_000 }, { delayMs: 302_500 }, { delayMs: 304_995 }])
    expect(retryAfter({ retry: 'snooze', retryAfterMs: 1_000 }, { ...fresh, random: 0.999 })).toMatchObject({ delayMs: 1_500 })
  })
  it('gives up after all attempts are spent', () => {
    expect(retryAfter({ retry: 'backoff' }, { ...fresh, attempts: MAX_ATTEMPTS - 2 }).kind).toBe('retry')
    expect(retryAfter({ retry: 'backoff' }, { ...fresh, attempts: MAX_ATTEMPTS - 1 })).toEqual({ kind: 'dead' })
    expect(spentAfter('backoff', { attempts: 3, unknownOutcomes: 4 })).toEqual({ attempts: 4, unknownOutcomes: 4 })
  })
  it('spends no attempt on an unknown outcome, after any number of attempts', () => {
    expect(retryAfter({ retry: 'ask-first' }, { ...fresh, attempts: MAX_ATTEMPTS - 1 }).kind).toBe('retry')
    expect(spentAfter('ask-first', { attempts: 3, unknownOutcomes: 4 })).toEqual({ attempts: 3, unknownOutcomes: 5 })
  })
  it('gives up an outcome that stays unknown for 20 to 28 h', () => {
    let waitedMs = 0
    for (let unknownOutcomes = 0; unknownOutcomes < 1_000; unknownOutcomes += 1) {
      const retry = retryAfter({ retry: 'ask-first' }, { attempts: 0, unknownOutcomes, random: 0.5 })
      if (retry.kind !== 'retry') {
        expect(retry).toEqual({ kind: 'dead' })
        break
      }
      waitedMs += retry.delayMs
    }
    expect(waitedMs / 3_600_000).toBeGreaterThan(20)
    expect(waitedMs / 3_600_000).toBeLessThan(28)
  })
  it('waits longer each time, at most ten minutes, and spreads events that failed together', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 0, max: MAX_ATTEMPTS - 2 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (unknown, n, random) => {
          const retry = unknown
            ? retryAfter({ retry: 'ask-first' }, { attempts: 0, unknownOutcomes: n, random })
            : retryAfter({ retry: 'backoff' }, { attempts: n, unknownOutcomes: 0, random })
          const ceiling = Math.min(600_000, 1_000 * 2 ** n)
          expect(retry.kind === 'retry' && retry.delayMs >= ceiling / 2 && retry.delayMs <= ceiling).toBe(true)
        },
      ),
    )
  })
})
