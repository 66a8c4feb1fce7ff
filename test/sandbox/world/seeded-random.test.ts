import { describe, expect, it } from 'vitest'
import { isUuid } from '../../../src/sandbox/api/uuid.ts'
import { SeededRandom } from '../../../src/sandbox/world/seeded-random.ts'

describe('seeded randomness', () => {
  it('depends on the seed and the subject alone', () => {
    const random = new SeededRandom(1)
    expect(random.uuid('identity', 'a')).toBe(new SeededRandom(1).uuid('identity', 'a'))
    expect(random.uuid('identity', 'a')).not.toBe(new SeededRandom(2).uuid('identity', 'a'))
    expect(random.uuid('identity', 'a')).not.toBe(random.uuid('account', 'a'))
    expect(random.uuid('a', 'b')).not.toBe(random.uuid('ab'))
  })

  it('gives version 4 UUIDs', () => {
    const random = new SeededRandom(3)
    for (let index = 0; index < 100; index++) {
      expect(isUuid(random.uuid(index))).toBe(true)
      expect(random.uuid(index)).toMatch(/^.{14}4.{4}[89ab]/)
    }
  })

  it('spreads fractions evenly', () => {
    const random = new SeededRandom(4)
    const drawn = Array.from({ length: 2000 }, (_, index) => random.fraction('f', index))
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = drawn.filter((fraction) => Math.floor(fraction * 10) === tenth).length
      expect(share).toBeGreaterThan(140)
      expect(share).toBeLessThan(260)
    }
  })
})
