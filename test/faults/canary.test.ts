import { Queue } from 'bullmq'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { readCanary } from '../../src/queue/canary.ts'
import { createEventQueue, type EventQueue } from '../../src/queue/event-queue.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'
import { connectQueue, type QueueBackend } from '../../src/queue/queue-connection.ts'
import { startWatchedWorker } from '../../src/queue/watched-worker.ts'
import { eventually } from '../saga/world.ts'
import { forEachBackend, ownQueue, type TestBackend, testRedisUrl } from '../support/queue-backends.ts'
import { findRedis, launchRedis } from '../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { checkHistory } from './history-checker.ts'
import { openStage } from './stage.ts'
import type { Child } from './start-child.ts'

type Finish = (close: () => Promise<void>) => void

const logger = createLogger({ level: 'silent' })
const MINUTE_MS = 60_000
/** A pace that lets a test of seconds see what takes the product up to a minute. */
const HURRY = { sendEveryMs: 400, probeEveryMs: 200, silentAfterMs: 4_000 }
const DONE: EventHandler = async () => ({ kind: 'done' })

const metricOf = async (metrics: Registry, name: string): Promise<number | undefined> =>
  (await metrics.getSingleMetric(name)?.get())?.values[0]?.value

const isWell = (worker: { check(): Promise<void> }): Promise<boolean> =>
  worker.check().then(
    () => true,
    () => false,
  )
const isReady = async ({ url }: Child): Promise<boolean> => (await fetch(`${url}/health/ready`)).ok

/** The same queue through a line that a test may break. */
async function overProxy(backend: QueueBackend, onTestFinished: Finish): Promise<{ proxy: TcpProxy; backend: QueueBackend }> {
  const url = new URL(backend.kind === 'redis' ? backend.url : backend.connectionString)
  const proxy = await startTcpProxy({ port: Number(url.port), host: url.hostname })
  onTestFinished(() => proxy.close())
  url.host = `127.0.0.1:${proxy.port}`
  return { proxy, backend: backend.kind === 'redis' ? { ...backend, url: url.href } : { kind: 'postgres', connectionString: url.href } }
}

/** Makes every open connection half-open: neither end hears the other again. New connections work. */
async function silence(proxy: TcpProxy): Promise<void> {
  expect(proxy.open).toBeGreaterThan(0)
  proxy.swallow()
  await proxy.pass()
}

interface Hall {
  backend: QueueBackend
  queue: EventQueue
  canary: () => ReturnType<typeof readCanary>
  /** A worker of its own on this queue, unless `on` names another. */
  hire(options?: { handle?: EventHandler; concurrency?: number; on?: QueueBackend }): {
    check(): Promise<void>
    metrics: Registry
    jobs: string[]
  }
  /** The number of canaries that were sent. */
  sent(): number
}

/** A queue and a database, with the workers that a test starts. */
async function openHall(kind: TestBackend, onTestFinished: Finish): Promise<Hall> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const pool = createPool({ connectionString: database.url, max: 4, applicationName: 'canary test' })
  onTestFinished(() => pool.end())
  const backend = ownQueue(kind, database.url)
  const queue = createEventQueue(backend, { logger })
  onTestFinished(() => queue.close())
  let sent = 0
  const counting: EventQueue = {
    ...queue,
    addCanary: async () => {
      await queue.addCanary()
      sent += 1
    },
  }
  return {
    backend,
    queue,
    canary: () => readCanary(pool),
    sent: () => sent,
    hire: ({ handle = DONE, concurrency = 5, on = backend } = {}) => {
      const metrics = new Registry()
      const jobs: string[] = []
      const worker = startWatchedWorker(on, {
        queue: counting,
        pool,
        metrics,
        logger,
        concurrency,
        pace: HURRY,
        handle: (job, context) => {
          jobs.push(job.seq)
          return handle(job, context)
        },
      })
      onTestFinished(() => worker.close())
      return { check: worker.check, metrics, jobs }
    },
  }
}

const jobsFrom = (first: number, count: number) => Array.from({ length: count }, (_, at) => ({ seq: `${first + at}`, generation: 0 }))

describe.concurrent('when every connection of a worker to its queue goes silent', () => {
  forEachBackend((kind) => {
    it('the worker notices or heals within a minute, and accepted events complete', { timeout: 240_000 }, async ({ onTestFinished }) => {
      const stage = await openStage(kind)
      onTestFinished(() => stage.close())
      const { proxy, backend } = await overProxy(stage.backend, onTestFinished)
      await addJobOfTomorrow(stage.backend)
      const child = await stage.start({ backend, watch: {} })
      await eventually(
        () => readCanary(stage.pool),
        ({ seenAt }) => seenAt !== null,
      )
      expect(await isReady(child)).toBe(true)

      const silentAt = performance.now()
      await silence(proxy)
      const events = await Promise.all(Array.from({ length: 10 }, () => stage.decided()))
      const accepted = await stage.deliver(child, events)
      expect(accepted).toHaveLength(10)
      const ended = async () => (await stage.inbox()).every(({ state }) => state === 'processed')
      // On Postgres, a query without an answer in time uses another connection, mostly before the silence is noticed.
      const noticed = await eventually(
        async () => ({ silent: !(await isReady(child)), healed: stage.backend.kind === 'postgres' && (await ended()) }),
        ({ silent, healed }) => silent || healed,
        { withinMs: MINUTE_MS },
      )
      expect(performance.now() - silentAt).toBeLessThan(MINUTE_MS)
      if (noticed.silent) {
        const metrics = await (await fetch(`${child.url}/metrics`)).text()
        expect(metrics).toMatch(/^gatehouse_worker_reopened_total 1$/m)
        expect(metrics).toMatch(/^gatehouse_worker_silent 1$/m)
      }
      await eventually(
        () => isReady(child),
        (ready) => ready,
        { withinMs: MINUTE_MS },
      )
      await eventually(ended, (all) => all, { withinMs: MINUTE_MS })
      const verdict = await checkHistory({ story: stage.sandbox.story, sends: stage.sends, pool: stage.pool, accepted, deaths: [] })
      expect(verdict).toMatchObject({ faults: [], ended: 10, accounts: 10, notices: 10, resent: 0 })
    })

    it('the worker notices although others take every canary, and takes jobs again', { timeout: 120_000 }, async ({ onTestFinished }) => {
      const hall = await openHall(kind, onTestFinished)
      const { proxy, backend } = await overProxy(hall.backend, onTestFinished)
      const deaf = hall.hire({ on: backend })
      const other = hall.hire()
      await hall.queue.add([{ ...jobsFrom(1, 1)[0]!, generation: 1 }])
      await eventually(
        () => hall.canary(),
        ({ seenAt }) => seenAt !== null,
      )
      await silence(proxy)
      // On Postgres, a query may use a connection that is not silent, and then there is nothing to notice.
      if (hall.backend.kind === 'redis') {
        await eventually(
          () => isWell(deaf),
          (ready) => !ready,
        )
      }
      await eventually(
        () => isWell(deaf),
        (ready) => ready,
      )
      expect(await metricOf(other.metrics, 'gatehouse_worker_reopened_total')).toBe(0)
      await eventually(
        () => hall.canary(),
        ({ waitingMs }) => waitingMs === null,
      )
      const before = deaf.jobs.length
      for (let first = 100; deaf.jobs.length === before; first += 50) {
        await hall.queue.add(jobsFrom(first, 50))
        await eventually(
          () => hall.queue.counts(),
          ({ waiting, active }) => waiting + active <= 1, // a canary may be there
          { withinMs: MINUTE_MS }, // the client gives a silent line up after its timeout
        )
      }
    })
  })
})

describe.concurrent('when a worker is connected to a Redis without the queue', () => {
  it('the worker notices that a waiting job does not reach it, and finds the right Redis when it reconnects', { timeout: 60_000 }, async ({
    onTestFinished,
  }) => {
    const empty = await launchRedis(await findRedis({ directory: '.gatehouse', say: () => {} }))
    onTestFinished(() => empty.stop())
    const hall = await openHall({ kind: 'redis', redisUrl: testRedisUrl() }, onTestFinished)
    if (hall.backend.kind !== 'redis') throw new Error('unreachable')
    const right = new URL(hall.backend.url)
    const to = { port: empty.port, host: '127.0.0.1' }
    const proxy = await startTcpProxy(to)
    onTestFinished(() => proxy.close())
    const worker = hall.hire({ on: { ...hall.backend, url: `redis://127.0.0.1:${proxy.port}` } })
    await eventually(
      () => proxy.open,
      (open) => open >= 2,
    )
    Object.assign(to, { port: Number(right.port), host: right.hostname }) // like a host name that now means another machine
    await hall.queue.add(jobsFrom(1, 3))
    await eventually(
      () => isWell(worker),
      (ready) => !ready,
    )
    await eventually(
      () => worker.jobs.toSorted(),
      (jobs) => jobs.join() === '1,2,3',
    )
    await eventually(
      () => isWell(worker),
      (ready) => ready,
    )
    expect(await metricOf(worker.metrics, 'gatehouse_worker_reopened_total')).toBe(1)
  })
})

describe.concurrent('when nothing is wrong', () => {
  forEachBackend((kind) => {
    it('all machines together send one canary at a time', { timeout: 60_000 }, async ({ onTestFinished }) => {
      const hall = await openHall(kind, onTestFinished)
      const from = performance.now()
      for (const _ of [1, 2, 3]) hall.hire()
      await eventually(hall.sent, (sent) => sent >= 8)
      expect(hall.sent()).toBeLessThanOrEqual((performance.now() - from) / HURRY.sendEveryMs + 2)
      await eventually(
        () => hall.canary(),
        ({ waitingMs }) => waitingMs === null,
      )
    })

    it('a full queue and full slots count as work, not as silence', { timeout: 60_000 }, async ({ onTestFinished }) => {
      const hall = await openHall(kind, onTestFinished)
      await hall.queue.add(jobsFrom(1, 10_000))
      const worker = hall.hire({ concurrency: 2, handle: () => new Promise((done) => setTimeout(done, 25, { kind: 'done' })) })
      const sent = await eventually(hall.sent, (count) => count > 0)
      await eventually(hall.sent, (count) => count >= sent + (2 * HURRY.silentAfterMs) / HURRY.sendEveryMs)
      expect((await hall.queue.counts()).waiting).toBeGreaterThan(5_000)
      expect(await hall.canary()).toMatchObject({ seenBy: expect.any(String) }) // it does not wait behind ten thousand others
      expect(await metricOf(worker.metrics, 'gatehouse_worker_reopened_total')).toBe(0)
      await hall.queue.obliterate()
    })

    it('slots that are full for longer than the limit of silence count as work', { timeout: 60_000 }, async ({ onTestFinished }) => {
      const hall = await openHall(kind, onTestFinished)
      const work = Promise.withResolvers<void>()
      const worker = hall.hire({ concurrency: 1, handle: () => work.promise.then(() => ({ kind: 'done' })) })
      await hall.queue.add(jobsFrom(1, 1))
      await eventually(
        () => hall.canary(),
        ({ waitingMs }) => (waitingMs ?? 0) > 2 * HURRY.silentAfterMs,
      )
      expect(await metricOf(worker.metrics, 'gatehouse_worker_reopened_total')).toBe(0)
      work.resolve()
      await eventually(
        () => hall.canary(),
        ({ waitingMs }) => waitingMs === null,
      )
      expect(await metricOf(worker.metrics, 'gatehouse_worker_reopened_total')).toBe(0)
    })

    it('a paused queue gets no canary, and no worker is reported for it', { timeout: 60_000 }, async ({ onTestFinished }) => {
      const hall = await openHall(kind, onTestFinished)
      const worker = hall.hire()
      await eventually(
        () => hall.canary(),
        ({ seenAt }) => seenAt !== null,
      )
      await hall.queue.pause()
      const { sinceSeenMs } = await eventually(
        () => hall.canary(),
        (trace) => (trace.sinceSeenMs ?? 0) > 2 * HURRY.silentAfterMs,
      )
      expect(sinceSeenMs).toBeGreaterThan(0)
      expect(await isWell(worker)).toBe(true)
      expect(await metricOf(worker.metrics, 'gatehouse_worker_reopened_total')).toBe(0)
      await hall.queue.resume()
      await eventually(
        () => hall.canary(),
        (trace) => (trace.sinceSeenMs ?? 0) < HURRY.silentAfterMs,
      )
    })
  })
})

/**
 * With a job that is due in a day, a worker on Postgres waits for a notification until then. Only the canary shows that it hears nothing.
 */
async function addJobOfTomorrow(backend: QueueBackend): Promise<void> {
  const connection = connectQueue(backend, { role: 'produce', logger })
  const queue = new Queue('gatehouse-events', connection.options, connection.factory)
  await queue.waitUntilReady()
  await queue.add('event', { seq: '0', generation: 0 }, { delay: 86_400_000 })
  await queue.close()
  await connection.close()
}
