import { once } from 'node:events'
import { Queue } from 'bullmq'
import { ServiceUnavailableError } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import type { Logger } from '../platform/logger.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import { CANARY, type EventJob, type JobData, jobsOf, type NewJob, ownJob, QUEUE_NAME } from './event-jobs.ts'
import { readEvictionPolicy } from './eviction-policy.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'

/** Jobs: events that arrived together share one. */
export interface QueueCounts {
  waiting: number
  active: number
  delayed: number
  paused: boolean
}

/** The producing side. */
export interface EventQueue {
  /**
   * Puts events on the queue, those of a batch as one job; a job that is there already stays once. Resolves with the number of jobs that they
   * make, and rejects when the backend does not answer.
   */
  add(events: readonly EventJob[]): Promise<number>
  /** As jobs of their own, before whatever waits. */
  addFirst(events: readonly EventJob[]): Promise<void>
  /** As jobs of their own, each at its time (`at`, milliseconds since the epoch). */
  addLater(events: readonly { event: EventJob; at: number }[]): Promise<void>
  counts(): Promise<QueueCounts>
  paused(): Promise<boolean>
  /** Puts the canary on the queue, before whatever waits: the question is whether jobs are taken, not how many there are. */
  addCanary(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Empties the queue entirely. Nothing is lost: the inbox knows what is unfinished. */
  obliterate(): Promise<void>
  /** Redis's eviction policy; `unknown` where Redis hides it or does not answer within three seconds; null where the queue is on Postgres. */
  evictionPolicy(): Promise<string | null>
  /** What Redis said when it refused the user, or a command that every connection needs; null: nothing of the kind. */
  refusal(): string | null
  close(): Promise<void>
}

/** A handler rejects when Postgres is away and it cannot write down why: the job stays, since its row may come due a minute later. */
const WHEN_REJECTED = { attempts: 1_000_000_000, backoff: { type: 'fixed', delay: 2_000, jitter: 0.5 } } as const
const JOBS_PER_ADD = 500
/** What the Postgres backend calls the waiting jobs of a paused queue; BullMQ's types know the state no more. */
const PAUSED = 'paused' as 'waiting'
/** A canary that is still there is not added a second time, but for a new one each minute: its id may be held by a job that no list has. */
const CANARY_ID_MS = 60_000
/** How long a start waits for Redis to say its eviction policy, milliseconds: events are taken without Redis too. */
const CONNECT_MS = 3_000
const MAX_WAITING_ADDS = 100_000
/** Longest wait for an answer to an operator's question, milliseconds; emptying a long queue takes its time. */
const ANSWER_MS = 10_000

export function createEventQueue(backend: QueueBackend, { logger }: { logger: Logger }): EventQueue {
  const connection = connectQueue(backend, { role: 'produce', logger })
  const queue = new Queue(
    QUEUE_NAME,
    { ...connection.options, defaultJobOptions: { removeOnComplete: true, removeOnFail: true, ...WHEN_REJECTED } },
    connection.factory,
  )
  queue.on('error', () => {}) // the connection has said it
  // Receivers accept in small batches; while one bulk add is under way the next collects.
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
      // A worker of another version takes it for an event that does not exist, and is done with it.
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
        // A producer's connection takes no command before it stands; asked at boot, it would always seem to be away.
        if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_MS) })
        return await readEvictionPolicy(redis)
      } catch {
        return 'unknown'
      }
    },
    refusal: connection.refusal,
    close: async () => {
      await adds.close()
      await answered(queue.close()).catch(() => undefined) // BullMQ waits for a Redis that may never come back
      await connection.close()
    },
  }
}

/** BullMQ waits for a lost Redis as long as it takes; an operator must be told instead. @throws ServiceUnavailableError */
function answered<T>(work: Promise<T>): Promise<T> {
  const message = 'The queue does not answer. Check that Redis (REDIS_URL) is up. The receiver still accepts events.'
  return withTimeout(ANSWER_MS, work, () => new ServiceUnavailableError(message))
}
