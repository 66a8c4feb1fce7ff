import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { page } from '../../../src/sandbox/api/page.ts'

interface Entry {
  createdAtNs: bigint
}

const records = fc
  .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 30 })
  .map((times) => times.toSorted((a, b) => a - b).map((time) => ({ createdAtNs: BigInt(time) })))
const bound = fc.option(fc.integer({ min: -2, max: 62 }).map(BigInt))

describe('a paged list', () => {
  it('gives exactly the items that the filter matches, in order, for every limit', () => {
    fc.assert(
      fc.property(
        records,
        bound,
        bound,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('ASC' as const, 'DESC' as const),
        (all, fromNs, toNs, limit, order) => {
          const keep = ({ createdAtNs }: Entry): boolean => createdAtNs % 3n !== 0n
          const seen: bigint[] = []
          let afterNs: bigint | null = null
          for (;;) {
            const { items, nextCursor }: { items: Entry[]; nextCursor: string } = page(all, {
              request: { limit, order, afterNs },
              created: { fromNs, toNs },
              keep,
            })
            seen.push(...items.map(({ createdAtNs }) => createdAtNs))
            expect(items.length).toBeLessThanOrEqual(limit)
            if (nextCursor === '') break
            afterNs = items.at(-1)?.createdAtNs ?? null
          }
          const expected = all
            .filter(
              (record) =>
                keep(record) && (fromNs === null || record.createdAtNs >= fromNs) && (toNs === null || record.createdAtNs <= toNs),
            )
            .map(({ createdAtNs }) => createdAtNs)
          expect(seen).toEqual(order === 'ASC' ? expected : expected.toReversed())
        },
      ),
    )
  })
})
