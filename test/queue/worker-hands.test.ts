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
      hands.take(async (letGo) => {
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

  it('are free again after work that failed', async () => {
    const hands = createWorkerHands(1, { onFree: () => {} })
    await expect(hands.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(hands.free()).toBe(true)
  })
})
