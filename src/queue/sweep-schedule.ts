import { Queue, Worker } from 'bullmq'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { connectQueue, type QueueBackend } from './queue-connection.ts'

const QUEUE_NAME = 'gatehouse-sweep'
const SCHEDULER = 'sweep'
/** Time after which a scheduler that was lost with Redis is restored, milliseconds. */
const ENSURE_EVERY_MS = 15_000

/**
 * Runs `sweep` at intervals, once over all machines. A BullMQ job scheduler makes one job per interval, and any free worker takes it. The
 * scheduler is as disposable as the queue: every worker restores it. Returns a function that stops it.
 */
export function scheduleSweeps(
  backend: QueueBackend,
  { everySeconds, sweep, logger }: { everySeconds: number; sweep: () => Promise<unknown>; logger: Logger },
): () => Promise<void> {
  const producing = connectQueue(backend, { role: 'produce', logger })
  const working = connectQueue(backend, { role: 'work', logger })
  const queue = new Queue(QUEUE_NAME, producing.options, producing.factory)
  const worker = new Worker(
    QUEUE_NAME,
    () => sweep().then(() => undefined),
    { ...working.options, concurrency: 1, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
    working.factory,
  )
  queue.on('error', () => {}) // the connections have logged it
  worker.on('error', () => {})
  worker.on('failed', (_job, error) => logger.warn({ reason: errorMessage(error) }, 'a sweep failed; the next one covers its window too'))
  const every = everySeconds * 1_000
  const ensureSchedule = async (): Promise<void> => {
    try {
      const known = await queue.getJobScheduler(SCHEDULER)
      if (known?.every !== every) await queue.upsertJobScheduler(SCHEDULER, { every })
    } catch (error) {
      logger.debug({ reason: errorMessage(error) }, 'the sweep schedule could not be checked')
    }
  }
  let ensuring = ensureSchedule()
  const timer = setInterval(() => {
    ensuring = ensureSchedule()
  }, ENSURE_EVERY_MS)
  return async () => {
    clearInterval(timer)
    await ensuring
    await worker.close()
    await queue.close()
    await working.close()
    await producing.close()
  }
}
