import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import { createEventQueue, type EventQueue } from '../../src/queue/event-queue.ts'
import { type EventHandler, startEventWorker } from '../../src/queue/event-worker.ts'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import { eventually } from '../saga/world.ts'
import { forEachBackend, ownQueue } from '../support/queue-backends.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const logger = createLogger({ level: 'silent' })

forEachBackend((kind) => {
  let database: TestDatabase
  let backend: QueueBackend
  let queue: EventQueue
  beforeAll(async () => {
    database = await createTestDatabase()
    backend = ownQueue(kind, database.url)
    queue = createEventQueue(backend, { logger })
  })
  afterAll(async () => {
    await queue.close()
    await database.drop()
  })

  /** Works until the test ends, and records each event once it has a slot. */
  function work(handle: EventHandler = async () => ({ kind: 'done' })): EventJob[] {
    const seen: EventJob[] = []
    const worker = startEventWorker(backend, {
      logger,
      queue,
      concurrency: 5,
      handle: async (job, context) => {
        await context.slot?.held
        seen.push(job)
        return handle(job, context)
      },
    })
    onTestFinished(() => worker.close())
    return seen
  }
  const batchOf = (batch: string, seqs: string[]): EventJob[] => seqs.map((seq) => ({ seq, generation: 0, batch }))
  const numbers = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => String(from + index))
  const idle = () =>
    eventually(
      () => queue.counts(),
      ({ waiting, active, delayed }) => waiting + active + delayed === 0,
    )

  describe('the event queue', () => {
    it('keeps a job once for any number of additions, and delivers its two ids', async () => {
      for (const _ of [1, 2, 3]) await queue.add([{ seq: '1', generation: 0 }])
      expect((await queue.counts()).waiting).toBe(1)
      const seen = work()
      await idle()
      expect(seen).toEqual([{ seq: '1', generation: 0 }])
    })

    it('accepts the same event again once its job is done, and a new generation of it at any time', async () => {
      const seen = work()
      await queue.add([{ seq: '2', generation: 0 }])
      await idle()
      await queue.add([{ seq: '2', generation: 0 }])
      await idle()
      await queue.add([{ seq: '2', generation: 1 }])
      await idle()
      expect(seen).toEqual([
        { seq: '2', generation: 0 },
        { seq: '2', generation: 0 },
        { seq: '2', generation: 1 },
      ])
    })

    it('delivers a job again when its handler asks for that', async () => {
      const times: number[] = []
      work(async () => {
        times.push(Date.now())
        return times.length === 1 ? { kind: 'later', at: Date.now() + 400 } : { kind: 'done' }
      })
      await queue.add([{ seq: '3', generation: 0 }])
      await eventually(
        () => times.length,
        (count) => count === 2,
      )
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(390)
      await idle()
    })

    it('delivers a job again within seconds when its handler found no database to record a failure', async () => {
      const tries: number[] = []
      work(async () => {
        tries.push(Date.now())
        if (tries.length < 3) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return { kind: 'done' }
      })
      await queue.add([{ seq: '9', generation: 0 }])
      await eventually(
        () => tries.length,
        (count) => count === 3,
      )
      await idle()
    })

    it('continues after handlers that throw, for any thrown value', async () => {
      const circular: Record<string, unknown> = {}
      circular.self = circular
      const seen = work(async ({ seq }) => {
        if (seq === '4') throw circular
        if (seq === '5') throw new Error('a fault of ours')
        return { kind: 'done' }
      })
      await queue.add(['4', '5', '6'].map((seq) => ({ seq, generation: 0 })))
      await eventually(
        () => seen.map(({ seq }) => seq),
        (seqs) => seqs.includes('6'),
      )
      await queue.obliterate()
    })

    it('carries a batch as one job, and delivers its events one by one', async () => {
      const seen: EventJob[] = work()
      await queue.pause()
      for (const _ of [1, 2]) await queue.add(batchOf('77', ['20', '21', '22']))
      expect((await queue.counts()).waiting).toBe(1)
      await queue.resume()
      await idle()
      expect(seen).toEqual(batchOf('77', ['20', '21', '22']))
    })

    it('delivers only those events of a batch again that ask for it, at their time, in jobs of their own', async () => {
      const seen = work(async ({ batch, seq }) => (batch && seq !== '31' ? { kind: 'later', at: Date.now() + 300 } : { kind: 'done' }))
      await queue.add(batchOf('78', ['30', '31', '32']))
      const again = await eventually(
        () => seen.slice(3).sort((a, b) => Number(a.seq) - Number(b.seq)),
        ({ length }) => length === 2,
      )
      expect(again).toEqual([
        { seq: '30', generation: 0 },
        { seq: '32', generation: 0 },
      ])
      await idle()
    })

    it('delivers the only event of a batch again too, since its row has left the batch', async () => {
      const seen = work(async ({ batch }) => (batch ? { kind: 'later', at: Date.now() + 300 } : { kind: 'done' }))
      await queue.add(batchOf('76', ['29']))
      await eventually(
        () => seen.length,
        (count) => count === 2,
      )
      expect(seen).toEqual([...batchOf('76', ['29']), { seq: '29', generation: 0 }])
      await idle()
    })

    it('delivers a whole batch again when there was no database to record the failure of one event', async () => {
      const seen = work(async ({ seq }) => {
        if (seq === '41' && seen.length < 4) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return { kind: 'done' }
      })
      await queue.add(batchOf('79', ['40', '41', '42']))
      await eventually(
        () => seen.length,
        (count) => count === 6,
      )
      await idle()
      expect(seen.slice(3)).toEqual(seen.slice(0, 3))
    })

    it('gives a worker only as many events as it has slots, and the next batch to a worker with a free slot', async () => {
      const ends: (() => void)[] = []
      const inUse = async () => {
        await new Promise<void>((resolve) => ends.push(resolve))
        return { kind: 'done' } as const
      }
      const full = work(inUse)
      await queue.add([...batchOf('80', numbers(50, 8)), ...batchOf('81', numbers(60, 8))])
      await eventually(
        () => ends.length,
        (count) => count === 5,
      )
      expect(await queue.counts()).toMatchObject({ waiting: 1, active: 1 })
      const idler = work()
      await eventually(
        () => idler.length,
        (count) => count === 8,
      )
      expect(full).toHaveLength(5)
      for (let ended = 0; ended < 8; ended += 1) {
        await eventually(
          () => ends.length,
          (begun) => begun > ended,
        )
        expect(ends.length - ended).toBeLessThanOrEqual(5)
        ends[ended]?.()
      }
      await idle()
      expect(full.map(({ seq }) => seq)).toEqual(numbers(50, 8))
    })

    it('continues with others when a handler has released its slot, and completes the job when all have ended', async () => {
      const end = Promise.withResolvers<void>()
      const seen = work(async (_, { slot }) => {
        slot?.release()
        await end.promise
        return { kind: 'done' }
      })
      onTestFinished(() => end.resolve())
      const seqs = numbers(300, 10)
      await queue.add(batchOf('6', seqs))
      await eventually(
        () => seen.length,
        (count) => count === 10,
      )
      expect((await queue.counts()).active).toBe(1)
      end.resolve()
      await idle()
      expect(seen).toEqual(batchOf('6', seqs))
    })

    it('delivers no job while it is paused, and loses none', async () => {
      await queue.pause()
      const seen = work()
      await queue.add([{ seq: '7', generation: 0 }])
      expect(await queue.counts()).toMatchObject({ waiting: 1, paused: true })
      expect(seen).toEqual([])
      await queue.resume()
      await idle()
      expect(seen).toEqual([{ seq: '7', generation: 0 }])
    })

    it('is empty after it was obliterated, with any jobs in it, and continues to work', async () => {
      await queue.add(Array.from({ length: 700 }, (_, index) => ({ seq: `${100 + index}`, generation: 0 })))
      expect((await queue.counts()).waiting).toBe(700)
      await queue.obliterate()
      expect(await queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, paused: false })
      const seen = work()
      await queue.add([{ seq: '8', generation: 0 }])
      await idle()
      expect(seen).toHaveLength(1)
    })
  })
})
