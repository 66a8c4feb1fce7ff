import { describe, expect, it, vi } from 'vitest'
import { createWorkerHands } from '../../src/queue/worker-hands.ts'

describe('the hands of a worker', () => {
  it('let go of a piece of work once, whoever says it how often: the next begins, and no other beside it', async () => {
    const onFree = vi.fn()
    const hands = createWorkerHands(1, { onFree })
    const begun: number[] = []
    const ends = [0, 1, 2].map(() => Promise.withResolvers<void>())
    const letGos: (() => void)[] = []
    const works = ends.map((end, index) =>
      hands.take(async ({ held, letGo }) => {
        await held
        begun.push(index)
        letGos.push(letGo)
        await end.promise
      }),
    )
    await Promise.resolve()
    expect(begun).toEqual([0])

    for (const _ of ['says it', 'says it again']) letGos[0]?.()
    await Promise.resolve()
    expect(begun).toEqual([0, 1])
    expect(hands.free()).toBe(false)

    ends[0]?.resolve()
    await works[0]
    expect(begun).toEqual([0, 1])

    ends[1]?.resolve()
    await works[1]
    expect(begun).toEqual([0, 1, 2])
    expect(hands.free()).toBe(false)
    expect(onFree).not.toHaveBeenCalled()

    ends[2]?.resolve()
    await works[2]
    expect(hands.free()).toBe(true)
    expect(onFree).toHaveBeenCalledOnce()
  })

  it('are given in the order in which they were asked for, to work that prepares meanwhile', async () => {
    const hands = createWorkerHands(1, { onFree: () => {} })
    const prepared: number[] = []
    const begun: number[] = []
    const end = Promise.withResolvers<void>()
    const works = [0, 1, 2].map((index) =>
      hands.take(async ({ held }) => {
        prepared.push(index)
        await held
        begun.push(index)
        await end.promise
      }),
    )
    await Promise.resolve()
    expect({ prepared, begun }).toEqual({ prepared: [0, 1, 2], begun: [0] })
    end.resolve()
    await Promise.all(works)
    expect(begun).toEqual([0, 1, 2])
  })

  it('go to the next when one that asked for a hand turns out to need none', async () => {
    const hands = createWorkerHands(1, { onFree: () => {} })
    const end = Promise.withResolvers<void>()
    const first = hands.take(() => end.promise)
    await hands.take(async ({ letGo }) => letGo()) // what was not given cannot be let go of
    const third = hands.take(({ held }) => held)
    expect(hands.free()).toBe(false)
    end.resolve()
    await Promise.all([first, third])
    expect(hands.free()).toBe(true)
  })

  it('are kept by those who would let go, while as many as there are hands go on without one', async () => {
    const hands = createWorkerHands(2, { onFree: () => {} })
    const letGos: (() => void)[] = []
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const works = ends.map((end) =>
      hands.take(async ({ held, letGo }) => {
        await held
        letGos.push(letGo)
        letGo()
        await end.promise
      }),
    )
    await new Promise(setImmediate)
    expect(letGos).toHaveLength(4)

    ends[0]?.resolve()
    await works[0]
    letGos[2]?.()
    await new Promise(setImmediate)
    expect(letGos).toHaveLength(5)
    for (const end of ends) end.resolve()
    await Promise.all(works)
    expect(hands.free()).toBe(true)
  })

  it('are free again after work that failed', async () => {
    const hands = createWorkerHands(1, { onFree: () => {} })
    await expect(hands.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(hands.free()).toBe(true)
  })
})
