import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createBatchReader } from '../../src/paxos/batch-reader.ts'

const FRESH_MS = 60_000
const WANTED_AT_ONCE = 8

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('a value that came on a page and that no caller requested', () => {
  it('is dropped once it is no longer fresh', async () => {
    let now = 1_000_000
    let page = 0
    const along: WeakRef<object>[] = []
    const reader = createBatchReader<{ id: string }>({
      getOne: async ({ id }) => ({ id }),
      listFrom: async () => {
        page += 1
        const wanted = Array.from({ length: WANTED_AT_ONCE }, (_, n) => ({ id: `${page}-${n}` }))
        const unasked = { id: `${page}-unasked` }
        along.push(new WeakRef(unasked))
        return { values: [...wanted, unasked].map((value) => ({ id: value.id, value })), nextCursor: null, reachedMs: null }
      },
      timeOf: () => now,
      firstLagMs: 0,
      freshForMs: FRESH_MS,
      now: () => now,
    })
    const readPage = async (number: number): Promise<void> => {
      const ids = Array.from({ length: WANTED_AT_ONCE }, (_, n) => `${number}-${n}`)
      await Promise.all(ids.map((id) => reader.read({ id, at: now }, {})))
    }
    const held = async (): Promise<number> => {
      await sleep(10) // a value that a WeakRef returned stays alive until the end of the turn
      collectGarbage()
      return along.filter((each) => each.deref() !== undefined).length
    }

    await readPage(1)
    now += FRESH_MS - 1
    await readPage(2)
    expect(await held()).toBe(2)
    now += 1
    await readPage(3)
    expect(await held()).toBe(2)
    await reader.close()
  })
})
