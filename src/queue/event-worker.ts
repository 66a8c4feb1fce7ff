import { DelayedError, type IQueueBackend, type Job, UnrecoverableError, Worker } from 'bullmq'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { isDatabaseAway } from '../platform/postgres/database-away.ts'
import { CANARY, type EventJob, eventsOf, type JobData, QUEUE_NAME } from './event-jobs.ts'
import type { EventQueue } from './event-queue.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'
import { createWorkerSlots, type Slot, type WorkerSigns } from './worker-slots.ts'

/** `later`: come back at that time, as a job of its own. */
export type JobOutcome = { kind: 'done' } | { kind: 'later'; at: number }

/** What a handler is told of the worker that gives it an event. */
export interface HandlerContext {
  /** How often a worker died (or hung) while it held the job. */
  rescues: number
  /** To be waited for before Paxos is asked, and released after the last call to Paxos: the worker goes on with another event. */
  slot?: Slot
}

/** Handles one event. */
export type EventHandler = (event: EventJob, context: HandlerContext) => Promise<JobOutcome>

export interface EventWorker {
  signs(): WorkerSigns
  /** Drops the connection, so that calls waiting for it fail and `close` can end. Events in progress go on; their results are not reported to the queue. */
  cut(): Promise<void>
  /** Takes no new jobs. Resolves when the jobs in progress have ended. */
  close(): Promise<void>
}

/**
 * A killed worker's jobs come back within lock + stalled check, about seven seconds; a living one renews its locks twice in
 * that time. BullMQ's defaults (30 s each) leave a customer waiting for a minute.
 */
const LOCK_MS = 5_000
const STALLED_CHECK_MS = 2_000
/** Poison is recognised by strikes in the inbox, not by the queue's own count, which an empty Redis forgets. */
const MAX_STALLED = 1_000_000

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
