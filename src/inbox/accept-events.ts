import type { QueryResult } from 'pg'
import type { Registry } from 'prom-client'
import { AppError, errorCode, errorMessage } from '../platform/app-error.ts'
import { createGroupCommitter, isDataFault } from '../platform/group-committer.ts'
import type { Logger } from '../platform/logger.ts'
import { createAcceptMetrics } from './accept-metrics.ts'
import type { OpenEvent } from './complete-events.ts'
import { advanceNumbers, isNumberTaken, numbersAreBehind } from './event-numbers.ts'
import { foldDuplicates, shareJobs, statuses } from './fold-deliveries.ts'
import { type EventRow, type InsertedRow, insertEvents } from './insert-events.ts'
import type { AcceptStatus, ReceivedEvent } from './received-event.ts'
import { createWriterPool } from './writer-pool.ts'

/** The event is not known to be committed (no connection, no answer in time): the sender must come again. */
export class InboxUnavailableError extends AppError {
  readonly code = 'INBOX_UNAVAILABLE'
  readonly retry = 'snooze'
}

export interface AcceptorOptions {
  connectionString: string
  logger: Logger
  metrics: Registry
  /** Told after the commit which events are new, to put them on the queue. Never awaited; its failure is logged, no more. */
  onAccepted?: ((accepted: OpenEvent[]) => unknown) | undefined
  /** Longest wait for a connection, and for one commit, milliseconds. */
  timeoutMs?: number | undefined
  /** Commits in flight at once, each on a connection of its own. */
  writers?: number | undefined
  /** Most events in one commit. */
  maxBatch?: number | undefined
  /** Most events that wait for a commit; the next one is refused, so that a burst is held back at the sender and not in memory. */
  maxWaiting?: number | undefined
}

/** The receiving side of the inbox. It connects with the first event, so it costs nothing where nothing is received. */
export interface EventAcceptor {
  /**
   * Resolves only after the event is committed, fsync included.
   * @throws InboxUnavailableError, WaitingRoomFullError (both `snooze`): not known to be committed.
   */
  accept(event: ReceivedEvent): Promise<AcceptStatus>
  /** For the readiness check. @throws when commits cannot be made now. */
  checkAccepting(): Promise<void>
  /** Commits what was taken, then disconnects. */
  close(): Promise<void>
}

/** For how long after a failed commit every other is refused at once: a queue before a dead database only makes the senders wait. */
const REST_MS = 250

/** The durable end of receiving: events that arrive together share one insert and one commit. */
export function createEventAcceptor(options: AcceptorOptions): EventAcceptor {
  const { logger, onAccepted, timeoutMs = 2_000, writers = 1, maxBatch = 256, maxWaiting = 4_096 } = options
  const pool = createWriterPool({ connectionString: options.connectionString, logger, timeoutMs, writers })
  const metrics = createAcceptMetrics(options.metrics)
  let restUntil = 0
  let failing = false

  async function insert(events: ReceivedEvent[]): Promise<AcceptStatus[]> {
    if (performance.now() < restUntil) throw new InboxUnavailableError('the database did not answer a moment ago')
    const stopTimer = metrics.commitSeconds.startTimer()
    const folded = shareJobs(foldDuplicates(events))
    const { rows } = await insertNumbered(folded)
    if (rows.length !== folded.length) throw new InboxUnavailableError('this session does not commit durably (synchronous_commit is off)')
    stopTimer()
    metrics.batchSize.observe(events.length)
    announce(folded, rows)
    return statuses(events, rows)
  }

  /** Once more after the numbers were put right: nothing of a statement that met a taken number was committed. */
  async function insertNumbered(folded: EventRow[]): Promise<QueryResult<InsertedRow>> {
    try {
      return await pool.query<InsertedRow>(insertEvents(folded))
    } catch (error) {
      if (!isNumberTaken(error)) throw error
      await advanceNumbers(pool)
      logger.warn(
        'the numbers of inbox_event were behind its rows, as after a copy without its sequences; the next number now follows the last row',
      )
      return await pool.query<InsertedRow>(insertEvents(folded))
    }
  }

  async function write(events: ReceivedEvent[]): Promise<AcceptStatus[]> {
    try {
      const written = await insert(events)
      if (failing) logger.info('the inbox commits again')
      failing = false
      return written
    } catch (error) {
      if (isDataFault(error) && !isNumberTaken(error)) throw error // halved by the committer
      metrics.failures.inc()
      restUntil = Math.max(restUntil, performance.now() + (error instanceof InboxUnavailableError ? 0 : REST_MS))
      if (!failing)
        logger.error({ code: errorCode(error), reason: errorMessage(error) }, 'the inbox cannot commit; events are refused with 503')
      failing = true
      throw error instanceof InboxUnavailableError ? error : new InboxUnavailableError('the event could not be committed', { cause: error })
    }
  }

  /** After the answers are on their way: the queue must neither delay nor fail them, and the dispatcher finds what it loses. */
  function announce(folded: readonly EventRow[], rows: readonly InsertedRow[]): void {
    if (!onAccepted) return
    const batches = new Map(folded.map(({ id, batch }) => [id, batch])) // two columns more to hand back for each row cost more than this
    const accepted = rows
      .filter(({ inserted, state }) => inserted && state === 'accepted')
      .map(({ seq, event_id }) => ({ seq, generation: 0, batch: batches.get(event_id)?.toString() ?? null }))
    if (accepted.length === 0) return
    setImmediate(async () => {
      try {
        await onAccepted(accepted)
      } catch (error) {
        logger.warn({ code: errorCode(error), events: accepted.length }, 'accepted events were not queued; the dispatcher will')
      }
    })
  }

  const committer = createGroupCommitter({ write, maxBatch, maxWaiting, writers })
  metrics.watchWaiting(committer.waiting)
  return {
    accept: committer.submit,
    checkAccepting: async () => {
      if (await numbersAreBehind(pool)) await advanceNumbers(pool) // a receiver that is not ready is sent nothing that would advance them
    },
    close: async () => {
      await committer.close()
      await pool.end()
    },
  }
}
