import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { windowsOf } from '../../src/paxos/identity-windows.ts'
import { walkWanted } from '../../src/paxos/walk-wanted.ts'

const PAGE = 100
const START = Date.parse('2026-03-02T09:00:00Z')

/** A listing in the order of time, with a count of the pages that were read. */
function listing(times: readonly number[]) {
  const rows = times.map((at, index) => ({ id: `e${index}`, at })).sort((one, other) => one.at - other.at)
  const state = { pages: 0 }
  const listFrom = async (fromMs: number, cursor: string | null) => {
    state.pages += 1
    const from = cursor === null ? rows.findIndex(({ at }) => at >= fromMs) : Number(cursor)
    const page = from < 0 ? [] : rows.slice(from, from + PAGE)
    const more = from >= 0 && from + PAGE < rows.length
    return {
      values: page.map((row) => ({ id: row.id, value: row })),
      nextCursor: more ? String(from + PAGE) : null,
      reachedMs: page.at(-1)?.at ?? null,
    }
  }
  return {
    rows,
    state,
    walk: (wanted: readonly { id: string; at: number }[]) => walkWanted(wanted, { listFrom, lagMs: 1, pagesAtLeast: 20 }),
  }
}

const spaced = (count: number, spacingMs: number): number[] => Array.from({ length: count }, (_, index) => START + index * spacingMs)

describe('a walk over wanted events', () => {
  it('F49: finds a shuffled backlog with one page per hundred', async () => {
    const { rows, state, walk } = listing(spaced(5_000, 100))
    const { found, absent } = await walk(rows.toReversed())
    expect([found.size, absent.size]).toEqual([5_000, 0])
    expect(state.pages).toBeLessThanOrEqual(51)
  })

  it('F49: skips what is not wanted and reads no page in vain', async () => {
    const { rows, state, walk } = listing(spaced(10_000, 100))
    const wanted = rows.filter((_, index) => index % 500 === 0)
    expect((await walk(wanted)).found.size).toBe(wanted.length)
    expect(state.pages).toBeLessThanOrEqual(wanted.length)
  })

  it('F50: reports what is not listed, at one page for many', async () => {
    const { state, walk } = listing(spaced(50, 1_000))
    const forged = Array.from({ length: 20_000 }, (_, index) => ({ id: `forged-${index}`, at: START + index }))
    expect((await walk(forged)).absent.size).toBe(20_000)
    expect(state.pages).toBeLessThanOrEqual(2)
  })

  it('F50: ends early when forged times are spread over years', async () => {
    const { state, walk } = listing(spaced(50_000, 60_000))
    const forged = Array.from({ length: 5_000 }, (_, index) => ({ id: `forged-${index}`, at: START + index * 600_000 }))
    const { found, absent } = await walk(forged)
    expect(found.size).toBe(0)
    expect(absent.size).toBeLessThan(5_000) // it reports nothing about the others
    expect(state.pages).toBeLessThanOrEqual(20)
  })

  it('finds all that is listed and reports nothing listed as absent, for any times', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 400 }),
        fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 30 }),
        async (times, forgedTimes) => {
          const { rows, walk } = listing(times.map((ms) => START + ms))
          // Webhooks give times to the second.
          const wanted = rows.map(({ id, at }) => ({ id, at: Math.floor(at / 1_000) * 1_000 }))
          const forged = forgedTimes.map((ms, index) => ({ id: `f${index}`, at: START + ms }))
          const { found, absent } = await walk([...forged, ...wanted])
          for (const id of absent) expect(id).toMatch(/^f/)
          expect(found.size).toBe(rows.length)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('windows over the time of the last change', () => {
  it('hold at most 80 wanted each, cover all wanted, and leave wide gaps out', () => {
    const wanted = [...spaced(200, 100), ...spaced(10, 100).map((at) => at + 3_600_000)].map((at, index) => ({ id: `i${index}`, at }))
    const windows = windowsOf(wanted.toReversed())
    expect(windows.map(({ ids }) => ids.size)).toEqual([80, 80, 40, 10])
    for (const { id, at } of wanted) {
      const window = windows.find(({ ids }) => ids.has(id))!
      expect(window.fromMs <= at - 250 && window.untilMs > at + 1_000).toBe(true)
    }
    expect(Math.max(...windows.map(({ fromMs, untilMs }) => untilMs - fromMs))).toBeLessThan(60_000)
  })
})
