import { describe, expect, it, vi } from 'vitest'
import { createWorkerSlots } from '../../src/queue/worker-slots.ts'

describe('the slots of a worker', () => {
  it('free a slot once, for any number of releases: the next event begins, and no other beside it', async () => {
    const onFree = vi.fn()
    const slots = createWorkerSlots(1, { onFree })
    const begun: number[] = []
    const ends = [0, 1, 2].map(() => Promise.withResolvers<void>())
    const releases: (() => void)[] = []
    const works = ends.map((end, index) =>
      slots.take(async ({ held, release }) => {
        await held
        begun.push(index)
        releases.push(release)
        await end.promise
      }),
    )
    await Promise.resolve()
    expect(begun).toEqual([0])

    for (const _ of ['says it', 'says it again']) releases[0]?.()
    await Promise.resolve()
    expect(begun).toEqual([0, 1])
    expect(slots.free()).toBe(false)

    ends[0]?.resolve()
    await works[0]
    expect(begun).toEqual([0, 1])

    ends[1]?.resolve()
    await works[1]
    expect(begun).toEqual([0, 1, 2])
    expect(slots.free()).toBe(false)
    expect(onFree).not.toHaveBeenCalled()

    ends[2]?.resolve()
    await works[2]
    expect(slots.free()).toBe(true)
    expect(onFree).toHaveBeenCalledOnce()
  })

  it('go to events in the order of their requests, which prepare meanwhile', async () => {
    const slots = createWorkerSlots(1, { onFree: () => {} })
    const prepared: number[] = []
    const begun: number[] = []
    const end = Promise.withResolvers<void>()
    const works = [0, 1, 2].map((index) =>
      slots.take(async ({ held }) => {
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

  it('go to the next event when one that requested a slot needs none', async () => {
    const slots = createWorkerSlots(1, { onFree: () => {} })
    const end = Promise.withResolvers<void>()
    const first = slots.take(() => end.promise)
    await slots.take(async ({ release }) => release()) // a slot that was not given cannot be released
    const third = slots.take(({ held }) => held)
    expect(slots.free()).toBe(false)
    end.resolve()
    await Promise.all([first, third])
    expect(slots.free()).toBe(true)
  })

  it('stay with releasing events once as many events as there are slots run without one', async () => {
    const slots = createWorkerSlots(2, { onFree: () => {} })
    const releases: (() => void)[] = []
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const works = ends.map((end) =>
      slots.take(async ({ held, release }) => {
        await held
        releases.push(release)
        release()
        await end.promise
      }),
    )
    await new Promise(setImmediate)
    expect(releases).toHaveLength(4)

    ends[0]?.resolve()
    await works[0]
    releases[2]?.()
    await new Promise(setImmediate)
    expect(releases).toHaveLength(5)
    for (const end of ends) end.resolve()
    await Promise.all(works)
    expect(slots.free()).toBe(true)
  })

  it('are free again after an event that failed', async () => {
    const slots = createWorkerSlots(1, { onFree: () => {} })
    await expect(slots.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(slots.free()).toBe(true)
  })
})
