import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGroupCommitter, type GroupCommitter, type GroupCommitterOptions } from '../../src/platform/group-committer.ts'

/** A database that cannot store the number 13. Its commits end when the test says so. */
function scriptedWriter(): {
  batches: number[][]
  /** Ends the oldest commit in flight. */
  finish: () => Promise<void>
  inFlight: () => number
  write: (items: number[]) => Promise<string[]>
} {
  const batches: number[][] = []
  const gates: (() => void)[] = []
  return {
    batches,
    inFlight: () => gates.length,
    finish: async () => {
      await until(() => gates.length > 0)
      gates.shift()!()
    },
    write: async (items) => {
      batches.push(items)
      await new Promise<void>((resolve) => gates.push(resolve))
      return items.map((item) => `row ${item}`)
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

function committer(
  write: GroupCommitterOptions<number, string>['write'],
  options: Partial<GroupCommitterOptions<number, string>> = {},
): GroupCommitter<number, string> {
  return createGroupCommitter({ write, maxBatch: 100, maxWaiting: 1_000, ...options })
}

function databaseError(code: string): Error {
  return Object.assign(new Error(`SQLSTATE ${code}`), { code })
}

describe('when one item is submitted', () => {
  it('it is written in the same turn of the event loop, without waiting for others', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write)
    const result = group.submit(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(batches).toEqual([[1]])
    await finish()
    expect(await result).toBe('row 1')
  })

  it('it is one commit: free writers write nothing', async () => {
    const { batches, write, finish } = scriptedWriter()
    const result = committer(write, { writers: 3 }).submit(1)
    await finish()
    await result
    expect(batches).toEqual([[1]])
  })
})

describe('when items are submitted during a commit', () => {
  it('they are written together as soon as it ends, in their order, each with its own result', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write)
    const first = group.submit(1)
    await until(() => batches.length === 1)
    const rest = [group.submit(2), group.submit(3), group.submit(4)]
    expect(group.waiting()).toBe(3)
    await finish()
    expect(await first).toBe('row 1')
    await finish()
    expect(await Promise.all(rest)).toEqual(['row 2', 'row 3', 'row 4'])
    expect(batches).toEqual([[1], [2, 3, 4]])
  })

  it('at most maxBatch are written at once, with at most `writers` commits in flight', async () => {
    const { batches, write, finish, inFlight } = scriptedWriter()
    const group = committer(write, { maxBatch: 2, writers: 2 })
    const results = [1, 2, 3, 4, 5].map((item) => group.submit(item))
    await until(() => batches.length === 2)
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(inFlight()).toBe(2)
    await finish()
    await until(() => batches.length === 3)
    await finish()
    await finish()
    await Promise.all(results)
    expect(batches[2]).toEqual([5])
  })
})

describe('when as many items wait as were in the commit that ends', () => {
  it('they are written before the callers of that commit get their results', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write)
    const resolved: number[][][] = []
    const first = [1, 2].map((item) => group.submit(item).then(() => resolved.push([...batches])))
    await until(() => batches.length === 1)
    const second = [3, 4].map(group.submit)
    await finish()
    await Promise.all(first)
    const whenResolved = [
      [1, 2],
      [3, 4],
    ]
    expect(resolved).toEqual([whenResolved, whenResolved])
    await finish()
    expect(await Promise.all(second)).toEqual(['row 3', 'row 4'])
  })

  it('and when fewer wait, they wait for the rest', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write, { fillWaitMs: 60_000 })
    const first = [1, 2].map(group.submit)
    await until(() => batches.length === 1)
    const second = [group.submit(3)]
    await finish()
    await Promise.all(first)
    expect(batches).toEqual([[1, 2]])
    second.push(group.submit(4))
    await finish()
    expect(await Promise.all(second)).toEqual(['row 3', 'row 4'])
  })

  it('and the committer closes only after every caller has its result, also when commits overtake each other', async () => {
    const group = committer(async (items) => items.map(String), { maxBatch: 1 })
    const resolved: string[] = []
    const taken = [1, 2, 3].map((item) => group.submit(item).then((result) => resolved.push(result)))
    await group.close()
    expect(resolved.toSorted()).toEqual(['1', '2', '3'])
    await Promise.all(taken)
  })
})

describe('when the callers of one commit submit again one by one', () => {
  /** Commits four items together and resolves when the commit has ended. */
  async function travelTogether(
    fillWaitMs: number,
  ): Promise<{ batches: number[][]; group: GroupCommitter<number, string>; finish: () => Promise<void> }> {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write, { fillWaitMs })
    const together = Promise.all([1, 2, 3, 4].map(group.submit))
    await finish()
    await together
    return { batches, group, finish }
  }

  it('the next commit starts when as many items wait, not with the first', async () => {
    // Seconds, and short beside any clock reading: the wait is counted from the end of the commit.
    const { batches, group, finish } = await travelTogether(2 * performance.now())
    const back = [group.submit(5)]
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(batches).toHaveLength(1)
    back.push(...[6, 7, 8].map(group.submit))
    await until(() => batches.length === 2)
    expect(batches[1]).toEqual([5, 6, 7, 8])
    await finish()
    await Promise.all(back)
  })

  it('the next commit starts without callers that do not return within fillWaitMs', async () => {
    const { batches, group, finish } = await travelTogether(20)
    const alone = group.submit(5)
    await finish()
    expect(await alone).toBe('row 5')
    expect(batches[1]).toEqual([5])
  })

  it('a single item that comes after fillWaitMs is written at once', async () => {
    const { batches, group, finish } = await travelTogether(1)
    const since = performance.now()
    await until(() => performance.now() - since > 2)
    const alone = group.submit(5)
    await new Promise((resolve) => setImmediate(resolve))
    expect(batches[1]).toEqual([5])
    await finish()
    await alone
  })
})

describe('when the waiting room is full', () => {
  it('it refuses the next item at once with a retry, and accepts items again once there is room', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write, { maxWaiting: 2 })
    const inFlight = group.submit(1)
    await until(() => batches.length === 1)
    const waiting = [group.submit(2), group.submit(3)]
    await expect(group.submit(4)).rejects.toMatchObject({ code: 'WAITING_ROOM_FULL', retry: 'snooze' })
    await finish()
    await inFlight
    await finish()
    await Promise.all(waiting)
    const later = group.submit(5)
    await finish()
    expect(await later).toBe('row 5')
    expect(batches.flat()).not.toContain(4)
  })
})

describe('when a batch fails', () => {
  it('only the item with bad data is rejected, and its neighbours are committed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (bad) => {
        const committed: number[] = []
        const group = committer(async (items) => {
          if (items.some((item) => bad[item])) throw databaseError('22021')
          committed.push(...items)
          return items.map(String)
        })
        const outcomes = await Promise.allSettled(bad.map((_, item) => group.submit(item)))
        expect(outcomes.map(({ status }) => status)).toEqual(bad.map((isBad) => (isBad ? 'rejected' : 'fulfilled')))
        expect(committed).toEqual(bad.flatMap((isBad, item) => (isBad ? [] : [item])))
      }),
      { numRuns: 50 },
    )
  })

  it.each(['ECONNRESET', '57P01', '40P01', '25006'])(
    'what may have been committed (%s) is not written again, and each item is rejected',
    async (code) => {
      let writes = 0
      const group = committer(async () => {
        writes += 1
        throw databaseError(code)
      })
      const outcomes = await Promise.allSettled([group.submit(1), group.submit(2), group.submit(3)])
      expect(outcomes).toEqual(Array(3).fill({ status: 'rejected', reason: expect.objectContaining({ code }) }))
      expect(writes).toBe(1)
    },
  )

  it('the next batch is written', async () => {
    let writes = 0
    const group = committer(async (items) => {
      writes += 1
      if (writes === 1) throw databaseError('ECONNREFUSED')
      return items.map(String)
    })
    await expect(group.submit(1)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await group.submit(2)).toBe('2')
  })

  it('a wrong number of results rejects every item', async () => {
    const group = committer(async (items) => items.slice(1).map(String))
    const outcomes = await Promise.allSettled([group.submit(1), group.submit(2)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

describe('when it closes', () => {
  it('it completes what it accepted, accepts nothing more, and can be closed twice', async () => {
    const { batches, write, finish } = scriptedWriter()
    const group = committer(write, { maxBatch: 1 })
    const taken = [group.submit(1), group.submit(2)]
    let closed = false
    const closing = Promise.all([group.close(), group.close()]).then(() => {
      closed = true
    })
    await expect(group.submit(3)).rejects.toMatchObject({ code: 'WAITING_ROOM_FULL' })
    await finish()
    await taken[0]
    expect(closed).toBe(false)
    await finish()
    await closing
    expect(await Promise.all(taken)).toEqual(['row 1', 'row 2'])
    expect(batches).toEqual([[1], [2]])
  })

  it('it waits for every commit in flight with several writers', async () => {
    const { batches, write, finish, inFlight } = scriptedWriter()
    const group = committer(write, { writers: 2, maxBatch: 1 })
    const before = group.submit(1)
    await finish()
    await before
    const taken = [group.submit(2), group.submit(3)]
    await until(() => inFlight() === 2)
    let closed = false
    const closing = group.close().then(() => {
      closed = true
    })
    await finish()
    await taken[0]
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(closed).toBe(false)
    await finish()
    await closing
    expect(batches).toEqual([[1], [2], [3]])
  })

  it('it does not wait for more items', async () => {
    const group = committer(async (items) => items.map(String), { fillWaitMs: 60_000 })
    await Promise.all([1, 2, 3, 4].map(group.submit))
    const straggler = group.submit(5)
    await group.close()
    expect(await straggler).toBe('5')
  })

  it('it closes at once when no commit is in flight', async () => {
    await committer(async (items) => items.map(String)).close()
  })
})
