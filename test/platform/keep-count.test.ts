import { describe, expect, it } from 'vitest'
import { keepCount } from '../../src/platform/keep-count.ts'

function counter(total: () => number) {
  let now = 0
  let made = 0
  const count = keepCount(
    async () => {
      made += 1
      return { few: 0, many: total() }
    },
    () => now,
  )
  const wait = (ms: number): void => {
    now += ms
  }
  return { count, made: () => made, wait }
}

describe('a count that takes longer the more rows there are', () => {
  it('is counted again each time when there are few rows', async () => {
    let total = 1
    const { count, made } = counter(() => total)
    expect(await count()).toEqual({ few: 0, many: 1 })
    total = 50_000
    expect(await count()).toEqual({ few: 0, many: 50_000 })
    expect(made()).toBe(2)
  })

  it('is kept longer the more rows there are, and renewed in the background', async () => {
    let total = 2_000_000
    const { count, made, wait } = counter(() => total)
    expect((await Promise.all([count(), count()])).map(({ many }) => many)).toEqual([2_000_000, 2_000_000])
    total += 1
    wait(20_000)
    expect([await count(), made()]).toEqual([{ few: 0, many: 2_000_000 }, 1])
    wait(1)
    expect([(await count()).many, made()]).toEqual([2_000_000, 2])
    expect([(await count()).many, made()]).toEqual([2_000_001, 2])
  })

  it('stays the same when its renewal fails, and the renewal is tried again', async () => {
    let fails = false
    const { count, made, wait } = counter(() => {
      if (fails) throw new Error('the database is away')
      return 100_000
    })
    await count()
    fails = true
    wait(1_001)
    expect((await count()).many).toBe(100_000)
    await expect.poll(async () => ((await count()).many === 100_000 ? made() : 0)).toBeGreaterThan(2)
  })

  it('fails when there is no earlier count', async () => {
    const { count } = counter(() => {
      throw new Error('the database is away')
    })
    await expect(count()).rejects.toThrow('away')
  })
})
