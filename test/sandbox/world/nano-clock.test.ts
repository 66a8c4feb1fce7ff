import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromRfc3339, NanoClock, toRfc3339 } from '../../../src/sandbox/world/nano-clock.ts'

const ns = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n }) // until 2100

describe('the clock', () => {
  it('never gives the same time twice, keeps its resolution and follows the wall clock', () => {
    const clock = new NanoClock()
    let last = 0n
    for (let index = 0; index < 10_000; index++) {
      const resolution = index % 3 === 0 ? 1000n : 1n
      const now = clock.next(resolution)
      expect(now > last && now % resolution === 0n).toBe(true)
      last = now
    }
    expect(Math.abs(Number(last / 1_000_000n) - Date.now())).toBeLessThan(50)
  })
})

describe("the clock when the machine's time is set", () => {
  it('jumps forwards with it, nearly stands still when it is set back, and never repeats a time', () => {
    let wallMs = 1_000_000
    const clock = new NanoClock({ wallMs: () => wallMs, monotonicNs: () => 5n })
    expect(clock.next()).toBe(1_000_000_000_000n)
    expect(clock.next()).toBe(1_000_000_000_001n)
    expect(clock.next(1000n)).toBe(1_000_000_001_000n)
    wallMs += 60_000
    expect(clock.next()).toBe(1_060_000_000_000n)
    wallMs -= 3_600_000
    expect(clock.next()).toBe(1_060_000_000_001n)
  })
})

describe('RFC 3339', () => {
  it('keeps every nanosecond', () => {
    fc.assert(fc.property(ns, (time) => fromRfc3339(toRfc3339(time, 9)) === time))
  })

  it('truncates digits that do not fit and never rounds up', () => {
    fc.assert(
      fc.property(ns, fc.integer({ min: 0, max: 9 }), (time, digits) => {
        const read = fromRfc3339(toRfc3339(time, digits)) ?? -1n
        return read <= time && time - read < 10n ** BigInt(9 - digits)
      }),
    )
  })

  it.each<[string, bigint | null]>([
    ['2026-03-02T09:15:30Z', 1_772_442_930_000_000_000n],
    ['2026-03-02T09:15:30.5Z', 1_772_442_930_500_000_000n],
    ['2026-03-02T10:15:30.000000001+01:00', 1_772_442_930_000_000_001n],
    ['2026-03-02', null],
    ['2026-03-02 09:15:30Z', null],
    ['2026-03-02T09:15:30', null],
    ['2026-02-30T25:15:30Z', null],
    ['', null],
  ])('reads %j', (text, expected) => {
    expect(fromRfc3339(text)).toBe(expected)
  })
})
