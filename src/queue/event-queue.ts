import { once } from 'node:events'
import { Queue } from 'bullmq'
import { ServiceUnavailableError } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import type { Logger } from '../platform/logger.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import { CANARY, type EventJob, type JobData, jobsOf, type NewJob, ownJob, QUEUE_NAME } from './event-jobs.ts'
import { readEvictionPolicy } from './eviction-policy.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'

/** Numbers of jobs. Events that arrived together share a job. */
export interface QueueCounts {
  waiting: number
  active: number
  delayed: number
  paused: boolean
}

/** The producing side of the queue. */
export interface EventQueue {
  /**
   * Puts events on the queue, those of a batch as one job. A job that is there already is not added twice. Resolves with the number of
   * jobs, and rejects when the backend does not answer.
   */
  add(events: readonly EventJob[]): Promise<number>
  /** Adds events as jobs of their own, before all waiting jobs. */
  addFirst(events: readonly EventJob[]): Promise<void>
  /** Adds events as jobs of their own, each at its time (`at`, milliseconds since 1970). */
  addLater(events: readonly { event: EventJob; at: number }[]): Promise<void>
  counts(): Promise<QueueCounts>
  paused(): Promise<boolean>
  /** Puts the canary on the queue, before all waiting jobs: it tests whether workers take jobs, not how many wait. */
  addCanary(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Empties the queue entirely. Nothing is lost: the inbox has the unfinished events. */
  obliterate(): Promise<void>
  /** Redis's eviction policy. `unknown`: Redis hides it or does not answer within 3 s. Null: the queue is on Postgres. */
  evictionPolicy(): Promise<string | null>
  /** Redis's refusal of the user, or of a command that every connection needs; null: none. */
  refusal(): string | null
  close(): Promise<void>
}

/** A handler rejects when Postgres is away and it cannot record the failure: the job stays, since its row may be due a minute later. */
const WHEN_REJECTED = { attempts: 1_000_000_000, backoff: { type: 'fixed', delay: 2_000, jitter: 0.5 } } as const
const JOBS_PER_ADD = 500
/** The Postgres backend's name for waiting jobs of a paused queue. BullMQ's types lack this state. */
const PAUSED = 'paused' as 'waiting'
/**
 * The canary's id changes once in this time, milliseconds. Within it a waiting canary is not added twice. A new id is needed because a job
 * that no list has may hold the old one.
 */
const CANARY_ID_MS = 60_000
/** How long a start waits for Redis's eviction policy, milliseconds: events are received without Redis too. */
const CONNECT_MS = 3_000
const MAX_WAITING_ADDS = 100_000
/** Longest wait for an answer to an operator, milliseconds: emptying a long queue takes time. */
const ANSWER_MS = 10_000

/** The queue as receivers, dispatchers and operators use it, over one connection of either backend. */
export function createEventQueue(backend: QueueBackend, { logger }: { logger: Logger }): EventQueue {
  const connection = connectQueue(backend, { role: 'produce', logger })
  const queue = new Queue(
    QUEUE_NAME,
    { ...connection.options, defaultJobOptions: { removeOnComplete: true, removeOnFail: true, ...WHEN_REJECTED } },
    connection.factory,
  )
  queue.on('error', () => {}) // the connection has logged it
  // Receivers accept events in small batches. While one bulk add is in flight, the next one collects.
  const adds = createGroupCommitter<NewJob, void>({
    maxBatch: JOBS_PER_ADD,
    maxWaiting: MAX_WAITING_ADDS,
    write: async (jobs) => {
      await queue.addBulk(jobs)
      return jobs.map(() => undefined)
    },
  })
  return {
    add: async (events) => {
      const jobs = jobsOf(events)
      await Promise.all(jobs.map((job) => adds.submit(job)))
      return jobs.length
    },
    addFirst: async (events) => {
      await Promise.all(events.map((event) => adds.submit(ownJob(event, { lifo: true }))))
    },
    addLater: async (events) => {
      await Promise.all(events.map(({ event, at }) => adds.submit(ownJob(event, { delay: Math.max(0, at - Date.now()) }))))
    },
    counts: async () => {
      const [counts, paused] = await answered(
        Promise.all([queue.getJobCounts('waiting', PAUSED, 'active', 'delayed', 'prioritized'), queue.isPaused()]),
      )
      return {
        waiting: (counts.waiting ?? 0) + (counts[PAUSED] ?? 0) + (counts.prioritized ?? 0),
        active: counts.active ?? 0,
        delayed: counts.delayed ?? 0,
        paused,
      }
    },
    paused: () => answered(queue.isPaused()),
    addCanary: async () => {
      // A worker of another version treats it as an unknown event and completes the job.
      const data: JobData = { seq: '0', generation: 0 }
      await answered(queue.add(CANARY, data, { jobId: `${CANARY}-${Math.floor(Date.now() / CANARY_ID_MS)}`, lifo: true }))
    },
    pause: () => answered(queue.pause()),
    resume: async () => {
      await answered(queue.resume())
    },
    obliterate: () => answered(queue.obliterate({ force: true })),
    evictionPolicy: async () => {
      const { redis } = connection
      if (!redis) return null
      try {
        // A producer's connection takes no command before it is ready. At boot it would always seem to be away.
        if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) })
        return await readEvictionPolicy(redis)
      } catch {
        return 'unknown'
      }
    },
    refusal: connection.refusal,
    close: async () => {
      await adds.close()
      await answered(queue.close()).catch(() => undefined) // BullMQ would wait for a Redis that may never return
      await connection.close()
    },
  }
}

/** BullMQ waits for a lost Redis without limit, but an operator needs an answer. @throws ServiceUnavailableError */
function answered<T>(work: Promise<T>): Promise<T> {
  const message = 'The queue does not answer. Check that Redis (REDIS_URL) is up. The receiver still accepts events.'
  return withTimeout(ANSWER_MS, work, () => new ServiceUnavailableError(message))
}
