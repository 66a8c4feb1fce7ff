import { once } from 'node:events'
import { DelayedError, type IQueueBackend, type Job, type JobsOptions, Queue, UnrecoverableError, Worker } from 'bullmq'
import { errorMessage, ServiceUnavailableError } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import type { Logger } from '../platform/logger.ts'
import { isDatabaseAway } from '../platform/postgres/database-away.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import { readEvictionPolicy } from './eviction-policy.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'
import { createWorkerSlots, type Slot, type WorkerSigns } from './worker-slots.ts'

/** Ids only, never data: which row of the inbox to work on, and which opening of it is meant. */
export interface EventJob {
  /** Inbox sequence number (bigint as text). */
  seq: string
  /** Grows when an operator replays the event, so that a job still known to the queue cannot swallow the new one. */
  generation: number
  /** The job that it shares with other events of its commit (bigint as text); none or null: one of its own. */
  batch?: string | null
}

/** `later`: come back at that time, as a job of its own. */
export type JobOutcome = { kind: 'done' } | { kind: 'later'; at: number }

/** What a handler is told of the worker that gives it an event. */
export interface HandlerContext {
  /** How often a worker died (or hung) while it held the job. */
  rescues: number
  /** To be waited for before Paxos is asked, and let go of when Paxos is asked no more: the worker goes on with another event. */
  slot?: Slot
}

/** Handles one event. */
export type EventHandler = (event: EventJob, context: HandlerContext) => Promise<JobOutcome>

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

export interface EventWorker {
  signs(): WorkerSigns
  /** Drops the connection, so that calls waiting for it fail and `close` can end. Events in progress go on; their results are not reported to the queue. */
  cut(): Promise<void>
  /** Takes no new jobs. Resolves when the jobs in progress have ended. */
  close(): Promise<void>
}

const QUEUE_NAME = 'gatehouse-events'

/**
 * A killed worker's jobs come back within lock + stalled check, about seven seconds; a living one renews its locks twice in
 * that time. BullMQ's defaults (30 s each) leave a customer waiting for a minute.
 */
const LOCK_MS = 5_000
const STALLED_CHECK_MS = 2_000
/** Poison is recognised by strikes in the inbox, not by the queue's own count, which an empty Redis forgets. */
const MAX_STALLED = 1_000_000
/** A handler rejects when Postgres is away and it cannot write down why: the job stays, since its row may come due a minute later. */
const WHEN_REJECTED = { attempts: 1_000_000_000, backoff: { type: 'fixed', delay: 2_000, jitter: 0.5 } } as const
const JOBS_PER_ADD = 500
const CANARY = 'canary'
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
  const message = 'The queue does not answer. Is Redis (REDIS_URL) up? Events are accepted and kept meanwhile.'
  return withTimeout(ANSWER_MS, work, () => new ServiceUnavailableError(message))
}

export interface EventWorkerOptions {
  handle: EventHandler
  /** Events at once of which Paxos is asked; as many more may be on their way to their end. */
  concurrency: number
  logger: Logger
  /** Takes those of a batch that must come back later. */
  queue: Pick<EventQueue, 'addLater'>
  /** Told of each canary that this worker takes. */
  onCanary?: () => Promise<void>
}

/** Starts a worker on the queue. `concurrency`: events in progress at once in this process. */
export function startEventWorker(backend: QueueBackend, options: EventWorkerOptions): EventWorker {
  const { handle, concurrency, logger, queue, onCanary } = options
  const connection = connectQueue(backend, { role: 'work', logger })
  let jobs = 0
  const slots = createWorkerSlots(concurrency, {
    onFree: () => {
      askForMore()
      wake(worker)
    },
  })
  /** One job more than it has while a slot is free, so that what one worker cannot begin stays for the others. */
  const askForMore = (): void => {
    worker.concurrency = Math.max(1, jobs + (slots.free() ? 1 : 0))
  }
  /** All that one job brings. */
  const work = async <End>(pieces: readonly ((slot: Slot) => Promise<End>)[]): Promise<PromiseSettledResult<End>[]> => {
    jobs += 1
    const ends = Promise.allSettled(pieces.map(slots.take))
    askForMore()
    try {
      return await ends
    } finally {
      jobs -= 1
      askForMore()
    }
  }
  const worker = new Worker<JobData, void, string, IQueueBackend>(
    QUEUE_NAME,
    async (job, token) => {
      if (job.name === CANARY) {
        const [end] = await work([async () => onCanary?.()])
        if (end?.status === 'rejected') throw end.reason
        return
      }
      const events = eventsOf(job.data)
      const ends = await work(events.map((event) => (slot) => handle(event, { rescues: job.stalledCounter, slot })))
      const later = ends.flatMap((end, n) =>
        end.status === 'fulfilled' && end.value.kind === 'later' ? [{ event: events[n]!, at: end.value.at }] : [],
      )
      const [first] = later
      if (first && 'seq' in job.data) return delayJob(job, first.at, token)
      // The rows of a batch say that these have jobs of their own from now on, and when the dispatcher brings those that get none here.
      if (first) await queue.addLater(later).catch((error) => logger.debug({ reason: errorMessage(error) }, 'left to the dispatcher'))
      const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
      if (failures.length > 0) throw failureOfJob(failures)
    },
    {
      ...connection.options,
      concurrency: 1,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED,
      runRetryDelay: 1_000,
      drainDelay: 2,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
    slots.hear(connection.factory),
  )
  worker.on('error', (error) => logger.debug({ reason: errorMessage(error) }, 'queue worker'))
  return {
    signs: slots.signs,
    cut: connection.close,
    close: async () => {
      await worker.close()
      await connection.close()
    },
  }
}

/** A worker with no free slot fetches again when a job ends. This makes it fetch now, as `resume` does (bullmq 6.7.0, worker.js). */
function wake(worker: Worker<JobData, void, string, IQueueBackend>): void {
  Reflect.get(worker, 'mainLoopQueue')?.add(Promise.resolve())
}

/**
 * A job that met an outage of Postgres stays and comes back in two seconds; those of its events that have ended are known by their rows. What is no
 * outage has no reason to go better then: the job is given up, and the dispatcher brings another in a minute.
 */
function failureOfJob(failures: readonly unknown[]): unknown {
  return failures.find(isDatabaseAway) ?? new UnrecoverableError(errorMessage(failures[0]))
}

/** BullMQ's way to say "not now": the job goes to the delayed set and the attempt ends without success or failure. */
async function delayJob(job: Job<JobData, void>, at: number, token: string | undefined): Promise<never> {
  await job.moveToDelayed(at, token)
  throw new DelayedError()
}

/** What a job carries: one event, or those of a batch, none of which was ever opened again. */
type JobData = { seq: string; generation: number } | { batch: string; seqs: string[] }

type NewJob = { name: 'event'; data: JobData; opts: JobsOptions }

function jobsOf(events: readonly EventJob[]): NewJob[] {
  const batches = Map.groupBy(events, ({ batch }) => batch ?? null)
  return [...batches].flatMap(([batch, members]) => (batch === null ? members.map((event) => ownJob(event)) : [sharedJob(batch, members)]))
}

/** Its id has a hyphen, because BullMQ keeps colons for itself. */
function ownJob({ seq, generation }: EventJob, opts: JobsOptions = {}): NewJob {
  return { name: 'event', data: { seq, generation }, opts: { ...opts, jobId: `${seq}-${generation}` } }
}

function sharedJob(batch: string, members: readonly EventJob[]): NewJob {
  return { name: 'event', data: { batch, seqs: members.map(({ seq }) => seq) }, opts: { jobId: `batch-${batch}` } }
}

function eventsOf(data: JobData): EventJob[] {
  return 'seqs' in data ? data.seqs.map((seq) => ({ seq, generation: 0, batch: data.batch })) : [data]
}
