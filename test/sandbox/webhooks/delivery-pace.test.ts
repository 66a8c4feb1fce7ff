import { describe, expect, it } from 'vitest'
import { DeliveryPace } from '../../../src/sandbox/webhooks/delivery-pace.ts'

/** When each of `count` deliveries starts, in milliseconds, if the sender waits exactly as told and pauses once, halfway. */
function starts(ratePerSecond: number, count: number, pauseMs: number): number[] {
  const pace = new DeliveryPace(ratePerSecond)
  const times: number[] = []
  let nowMs = 0
  while (times.length < count) {
    const waitMs = pace.take(nowMs)
    if (waitMs > 0) nowMs += Math.ceil(waitMs)
    else if (times.push(nowMs) === count / 2) nowMs += pauseMs
  }
  return times
}

describe.each([1, 10, 40, 100, 1500, 5000])('a pace of %i per second', (rate) => {
  it.each([0, 300, 5000])('starts no more than that in any second, with a pause of %i ms', (pauseMs) => {
    const times = starts(rate, rate * 4, pauseMs)
    for (const [index, time] of times.entries()) {
      const next = times[index + rate]
      if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(1000)
    }
  })

  it('uses the whole rate, spread over each second', () => {
    const times = starts(rate, rate * 4, 0)
    expect(times.at(-1)).toBeLessThanOrEqual(4100)
    const firstHalf = times.filter((time) => time < 500).length
    expect(firstHalf).toBeLessThanOrEqual(Math.ceil(rate * 0.55) + 1)
  })
})
