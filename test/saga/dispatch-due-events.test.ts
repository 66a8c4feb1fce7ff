import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Inbox } from '../../src/inbox/inbox.ts'
import type { OpenEvent } from '../../src/inbox/settle-events.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventJob, EventQueue } from '../../src/queue/event-queue.ts'
import { startDispatcher } from '../../src/saga/dispatch-due-events.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const event = (seq: string): OpenEvent => ({ seq, generation: 0, batch: null })

/** A dispatcher between an inbox that hands out what is due and a queue that takes it or, for as long as `away` holds, fails. */
function start({ due = [] }: { due?: OpenEvent[][] } = {}) {
  const scene = { away: false, claims: [] as number[], added: [] as string[][], stop: async () => {} }
  const inbox: Pick<Inbox, 'claimDue'> = {
    claimDue: async ({ limit }) => {
      scene.claims.push(limit)
      if (scene.away && due.length === 0) throw new Error('Postgres is away')
      return due.shift() ?? []
    },
  }
  const queue: Pick<EventQueue, 'add'> = {
    add: async (jobs: readonly EventJob[]) => {
      if (scene.away) throw new Error('the queue is away')
      scene.added.push(jobs.map(({ seq }) => seq))
      return jobs.length
    },
  }
  scene.stop = startDispatcher({ inbox: inbox as Inbox, queue: queue as EventQueue, logger: createLogger({ level: 'silent' }) })
  onTestFinished(() => scene.stop())
  return scene
}

const aSecond = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1_000)

describe('the dispatcher', () => {
  it('puts what is due on the queue at once and then every second, and leaves the queue alone when nothing is', async () => {
    const scene = start({ due: [[event('1'), event('2')], [], [event('3')]] })
    await vi.advanceTimersByTimeAsync(0)
    expect(scene.added).toEqual([['1', '2']])
    await vi.advanceTimersByTimeAsync(999)
    expect(scene.claims).toEqual([2_000])
    await aSecond()
    expect(scene.added).toEqual([['1', '2']])
    await aSecond()
    expect(scene.added).toEqual([['1', '2'], ['3']])
    expect(scene.claims).toHaveLength(3)
  })

  it('keeps what it has claimed while the queue is away, claims no more meanwhile, and puts it on the queue first', async () => {
    const scene = start({ due: [[event('1')], [event('2')]] })
    scene.away = true
    await vi.advanceTimersByTimeAsync(3_000)
    expect(scene).toMatchObject({ added: [], claims: [2_000] })
    scene.away = false
    await aSecond()
    expect(scene).toMatchObject({ added: [['1']], claims: [2_000] })
    await aSecond()
    expect(scene.added).toEqual([['1'], ['2']])
  })

  it('goes on when the inbox did not answer', async () => {
    const due: OpenEvent[][] = []
    const scene = start({ due })
    scene.away = true
    await vi.advanceTimersByTimeAsync(2_000)
    scene.away = false
    due.push([event('1')])
    await aSecond()
    expect(scene.added).toEqual([['1']])
  })

  it('is stopped when the round under way has ended, and begins no other', async () => {
    const scene = start({ due: [[event('1')], [event('2')]] })
    await scene.stop()
    expect(scene.added).toEqual([['1']])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(scene.claims).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is stopped between two rounds too', async () => {
    const scene = start()
    await vi.advanceTimersByTimeAsync(100)
    await scene.stop()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(scene.claims).toHaveLength(1)
  })
})
