import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { OpenEvent } from '../../src/inbox/complete-events.ts'
import type { Inbox } from '../../src/inbox/inbox.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import type { EventQueue } from '../../src/queue/event-queue.ts'
import { startDispatcher } from '../../src/saga/dispatch-due-events.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const event = (seq: string): OpenEvent => ({ seq, generation: 0, batch: null })

/** A dispatcher between an inbox with due events and a queue that accepts them, or fails while `away` is set. */
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
  it('queues due events at once and then every second, and does not call the queue when nothing is due', async () => {
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

  it('keeps claimed events while the queue is away, claims no more, and queues those first afterwards', async () => {
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

  it('continues after the inbox did not answer', async () => {
    const due: OpenEvent[][] = []
    const scene = start({ due })
    scene.away = true
    await vi.advanceTimersByTimeAsync(2_000)
    scene.away = false
    due.push([event('1')])
    await aSecond()
    expect(scene.added).toEqual([['1']])
  })

  it('finishes the round in progress when it is stopped, and starts no other', async () => {
    const scene = start({ due: [[event('1')], [event('2')]] })
    await scene.stop()
    expect(scene.added).toEqual([['1']])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(scene.claims).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('can be stopped between two rounds', async () => {
    const scene = start()
    await vi.advanceTimersByTimeAsync(100)
    await scene.stop()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(scene.claims).toHaveLength(1)
  })
})
