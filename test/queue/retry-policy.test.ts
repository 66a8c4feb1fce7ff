import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ATTEMPTS, retryAfter } from '../../src/queue/retry-policy.ts'

const fresh = { attempts: 0, random: 0 }

describe('what becomes of work that failed', () => {
  it('parks at once what no machine can mend', () => {
    expect(retryAfter({ retry: 'never' }, fresh)).toEqual({ kind: 'park' })
  })
  it('spends nothing on an outage, however long: it never fills the dead letters', () => {
    expect(retryAfter({ retry: 'snooze' }, { attempts: MAX_ATTEMPTS + 100, random: 0 })).toMatchObject({
      kind: 'retry',
      spendsAttempt: false,
    })
  })
  it('waits at least as long as the other side asked for', () => {
    expect(retryAfter({ retry: 'snooze', retryAfterMs: 300_000 }, fresh)).toMatchObject({ delayMs: 300_000 })
    expect(retryAfter({ retry: 'backoff', retryAfterMs: 300_000 }, fresh)).toMatchObject({ delayMs: 300_000 })
  })
  it.each(['backoff', 'ask-first'] as const)('gives %s up after its attempts are spent', (retry) => {
    expect(retryAfter({ retry }, { attempts: MAX_ATTEMPTS - 2, random: 0 })).toMatchObject({ kind: 'retry', spendsAttempt: true })
    expect(retryAfter({ retry }, { attempts: MAX_ATTEMPTS - 1, random: 0 })).toEqual({ kind: 'dead' })
  })
  it('waits longer each time, never more than ten minutes, and spreads what failed together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_ATTEMPTS - 2 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
        const retry = retryAfter({ retry: 'backoff' }, { attempts, random })
        const ceiling = Math.min(600_000, 1_000 * 2 ** attempts)
        expect(retry.kind === 'retry' && retry.delayMs >= ceiling / 2 && retry.delayMs <= ceiling).toBe(true)
      }),
    )
  })
})
