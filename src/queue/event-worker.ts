import { DelayedError, type IQueueBackend, type Job, UnrecoverableError, Worker } from 'bullmq'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { isDatabaseAway } from '../platform/postgres/database-away.ts'
import { CANARY, type EventJob, eventsOf, type JobData, QUEUE_NAME } from './event-jobs.ts'
import type { EventQueue } from './event-queue.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'
import { createWorkerSlots, type Slot, type WorkerSigns } from './worker-slots.ts'

/** `later`: the event returns at that time, as a job of its own. */
export type JobOutcome = { kind: 'done' } | { kind: 'later'; at: number }

/** What the worker tells the handler of an event. */
export interface HandlerContext {
  /** Number of workers that died or hung while they held the job. */
  rescues: number
  /** Wait for it before the first call to Paxos, and release it after the last one: the worker then begins another event. */
  slot?: Slot
}

/** Handles one event. */
export type EventHandler = (event: EventJob, context: HandlerContext) => Promise<JobOutcome>

export interface EventWorker {
  signs(): WorkerSigns
  /**
   * Drops the connection, so that waiting calls fail and `close` can end. Events in progress continue. Their results are not reported to
   * the queue.
   */
  cut(): Promise<void>
  /** Takes no new jobs. Resolves when the jobs in progress have ended. */
  close(): Promise<void>
}

/**
 * A killed worker's jobs return within lock plus stalled check, about 7 s. A living worker renews its locks twice in that time. BullMQ's
 * defaults (30 s each) would let a customer wait for a minute.
 */
const LOCK_MS = 5_000
const STALLED_CHECK_MS = 2_000
/** Strikes in the inbox recognise poison, not the queue's own count, which an empty Redis forgets. */
const MAX_STALLED = 1_000_000

export interface EventWorkerOptions {
  handle: EventHandler
  /** Most events with calls to Paxos in progress. As many more may be finishing. */
  concurrency: number
  logger: Logger
  /** Takes the events of a batch that must return later. */
  queue: Pick<EventQueue, 'addLater'>
  /** Called for each canary that this worker takes. */
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
  /** Fetches one job more than it has while a slot is free, so that other workers get the jobs that this one could not begin. */
  const askForMore = (): void => {
    worker.concurrency = Math.max(1, jobs + (slots.free() ? 1 : 0))
  }
  /** Works on all events of one job. */
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
      // The rows already say that these events have jobs of their own, and when the dispatcher adds those that get none here.
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

/** A worker without a free slot fetches again when a job ends. This makes it fetch now, as `resume` does (bullmq 6.7.0, worker.js). */
function wake(worker: Worker<JobData, void, string, IQueueBackend>): void {
  Reflect.get(worker, 'mainLoopQueue')?.add(Promise.resolve())
}

/**
 * A job that met an outage of Postgres stays and returns in 2 s. The rows say which of its events have ended. After any other failure the
 * job is given up, since a quick retry would fail too, and the dispatcher adds another in a minute.
 */
function failureOfJob(failures: readonly unknown[]): unknown {
  return failures.find(isDatabaseAway) ?? new UnrecoverableError(errorMessage(failures[0]))
}

/** BullMQ's way to postpone: the job goes to the delayed set, and the attempt ends without success or failure. */
async function delayJob(job: Job<JobData, void>, at: number, token: string | undefined): Promise<never> {
  await job.moveToDelayed(at, token)
  throw new DelayedError()
}
