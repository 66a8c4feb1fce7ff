import { describe, expect, it } from 'vitest'
import { retryWaitMs } from '../../../src/sandbox/webhooks/retry-schedule.ts'

const settings = { retryFirstMs: 5_000, horizonMs: 24 * 3_600_000, timeScale: 1 }
const HALF = 0.5 // no jitter

describe('the wait before a retry', () => {
  it('starts at about 5 s, doubles, and ends at an hour', () => {
    const waits = [1, 2, 3, 10, 11, 30].map((attempts) => retryWaitMs({ settings, attempts, sinceFirstMs: 0, fraction: HALF }))
    expect(waits).toEqual([5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000])
  })

  it('varies by up to a fifth in both directions', () => {
    const first = (fraction: number): number => Math.round(retryWaitMs({ settings, attempts: 1, sinceFirstMs: 0, fraction }) ?? -1)
    expect([first(0), first(1)]).toEqual([4_000, 6_000])
  })

  it('does not exist beyond 24 h from the first attempt', () => {
    const last = (sinceFirstMs: number): number | null => retryWaitMs({ settings, attempts: 1, sinceFirstMs, fraction: HALF })
    expect(last(24 * 3_600_000 - 5_000)).toBe(5_000)
    expect(last(24 * 3_600_000 - 4_999)).toBeNull()
  })

  it('is divided by timeScale, and so is the horizon', () => {
    const scaled = (sinceFirstMs: number): number | null =>
      retryWaitMs({ settings: { ...settings, timeScale: 1000 }, attempts: 1, sinceFirstMs, fraction: HALF })
    expect([scaled(0), scaled(86_395), scaled(86_396)]).toEqual([5, 5, null])
  })

  it('leads to some thirty attempts in a day', () => {
    let sinceFirstMs = 0
    let attempts = 1
    for (;;) {
      const wait = retryWaitMs({ settings, attempts, sinceFirstMs, fraction: HALF })
      if (wait === null) break
      sinceFirstMs += wait
      attempts++
    }
    expect(attempts).toBeGreaterThan(25)
    expect(attempts).toBeLessThan(40)
    expect(sinceFirstMs).toBeGreaterThan(22 * 3_600_000)
  })
})
