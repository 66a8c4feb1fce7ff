import type { Inbox } from '../inbox/inbox.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { EventJob } from '../queue/event-jobs.ts'
import type { EventQueue } from '../queue/event-queue.ts'

/** How long after a job's own time the dispatcher takes it for lost, milliseconds: during an outage the job itself retries that much earlier. */
export const DISPATCH_GRACE_MS = 15_000
const EVERY_MS = 1_000
const EVENTS_PER_ROUND = 2_000

/**
 * Puts due, unfinished events on the queue: events that were accepted during an outage of the queue, lost with the queue, or due for their
 * next try. It runs in each worker, and the claim shares the work among them. Adding a job that the queue still has changes nothing.
 * Returns a function that stops it and waits for the current round.
 */
export function startDispatcher({ inbox, queue, logger }: { inbox: Inbox; queue: EventQueue; logger: Logger }): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  /** Claimed events that are perhaps not on the queue. They go first, or an outage of the queue would cost them a whole claim. */
  let due: readonly EventJob[] = []
  const dispatch = async (): Promise<void> => {
    try {
      if (due.length === 0) due = await inbox.claimDue({ limit: EVENTS_PER_ROUND })
      if (due.length > 0) {
        await queue.add(due)
        logger.debug({ events: due.length }, 'dispatched due events')
        due = []
      }
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'a round of the dispatcher failed; retrying')
    }
    if (!stopped) timer = setTimeout(next, EVERY_MS)
  }
  const next = (): void => {
    round = dispatch()
  }
  next()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await round
  }
}
