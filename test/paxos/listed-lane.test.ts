import { describe, expect, it } from 'vitest'
import type { Sender, Wanted } from '../../src/paxos/batch-reader.ts'
import { createListedLane } from '../../src/paxos/listed-lane.ts'

const NOW = 1_800_000_000_000
const HOUR_MS = 3_600_000

const sender = (keySlot: string): Sender => ({ keySlot, readSingly: async () => null })
const wanted = (id: string, at: number, keySlot: string): Wanted => ({ id, at, sender: sender(keySlot) })

/** A listing of these events, one every 10 s over two days, a hundred a page. */
function start(truths: readonly { id: string; at: number }[]) {
  const noise = Array.from({ length: 17_280 }, (_, nth) => ({ id: `other-${nth}`, at: NOW - nth * 10_000 }))
  const all = [...noise, ...truths].sort((one, other) => one.at - other.at)
  let pages = 0
  const lane = createListedLane<string>(
    async (fromMs, cursor) => {
      pages += 1
      const from = cursor === null ? all.findIndex(({ at }) => at >= fromMs) : Number(cursor)
      const page = from < 0 ? [] : all.slice(from, from + 100)
      const more = from >= 0 && from + 100 < all.length
      return {
        values: page.map(({ id }) => ({ id, value: id })),
        nextCursor: more ? String(from + 100) : null,
        reachedMs: page.at(-1)?.at ?? null,
      }
    },
    () => NOW,
  )
  return { lane, pages: () => pages }
}

/** Times all over the last day, so far apart that each takes a page of its own. */
const scattered = (keySlot: string): Wanted[] =>
  Array.from({ length: 40 }, (_, nth) => wanted(`forged-${nth}`, NOW - 2 * HOUR_MS - nth * HOUR_MS, keySlot))

describe('events that are read by listing alone', () => {
  it('F50: are found at once when they came just now, however far the forged times of the same key lie apart', async () => {
    const { lane, pages } = start([{ id: 'true', at: NOW - 1_000 }])
    const forged = scattered('stolen').map((each) => lane.read(each).catch((error: { code: string }) => error.code))
    expect(await lane.read(wanted('true', NOW - 1_000, 'stolen'))).toBe('true')
    expect(new Set(await Promise.all(forged))).toEqual(new Set(['PAXOS_NOT_FOUND', 'BUDGET_EXHAUSTED']))
    expect(pages()).toBeLessThanOrEqual(5)
  })

  it('F50: lose no page to forged times of another key, when they are old themselves', async () => {
    const { lane } = start([{ id: 'true', at: NOW - 1.5 * HOUR_MS }])
    const forged = scattered('stolen').map((each) => lane.read(each).catch(() => null))
    expect(await lane.read(wanted('true', NOW - 1.5 * HOUR_MS, 'own'))).toBe('true')
    await Promise.all(forged)
  })
})
