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

/** The event may not be committed (no connection, no answer in time): the sender must send it again. */
export class InboxUnavailableError extends AppError {
  readonly code = 'INBOX_UNAVAILABLE'
  readonly retry = 'snooze'
}

export interface AcceptorOptions {
  connectionString: string
  logger: Logger
  metrics: Registry
  /** Receives the new events after the commit, to put them on the queue. It is never awaited, and its failure is only logged. */
  onAccepted?: ((accepted: OpenEvent[]) => unknown) | undefined
  /** Longest wait for a connection, and for a commit, milliseconds. */
  timeoutMs?: number | undefined
  /** Most commits in flight, each on a connection of its own. */
  writers?: number | undefined
  /** Most events in one commit. */
  maxBatch?: number | undefined
  /** Most events that wait for a commit. The next one is refused, so that a burst waits at the sender and not in memory. */
  maxWaiting?: number | undefined
}

/** The receiving side of the inbox. It connects with the first event, so it costs nothing in a process that receives none. */
export interface EventAcceptor {
  /**
   * Resolves only after the event is committed, with fsync.
   * @throws InboxUnavailableError, WaitingRoomFullError (both `snooze`) when it may not be committed
   */
  accept(event: ReceivedEvent): Promise<AcceptStatus>
  /** For the readiness check. @throws when no commit is possible now */
  checkAccepting(): Promise<void>
  /** Commits the accepted events, then disconnects. */
  close(): Promise<void>
}

/** After a failed commit, deliveries are refused at once for this long: waiting for a dead database would only delay the senders. */
const REST_MS = 250

/** Stores received events durably. Events that arrive together share one insert and one commit. */
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

  /** Inserts again after the sequence was advanced: a statement that met a taken number committed nothing. */
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
      if (isDataFault(error) && !isNumberTaken(error)) throw error // the committer halves the batch
      metrics.failures.inc()
      restUntil = Math.max(restUntil, performance.now() + (error instanceof InboxUnavailableError ? 0 : REST_MS))
      if (!failing)
        logger.error({ code: errorCode(error), reason: errorMessage(error) }, 'the inbox cannot commit; events are refused with 503')
      failing = true
      throw error instanceof InboxUnavailableError ? error : new InboxUnavailableError('the event could not be committed', { cause: error })
    }
  }

  /** Runs after the answers were sent: the queue must neither delay nor fail them. The dispatcher finds events that the queue loses. */
  function announce(folded: readonly EventRow[], rows: readonly InsertedRow[]): void {
    if (!onAccepted) return
    const batches = new Map(folded.map(({ id, batch }) => [id, batch])) // returning two more columns per row would cost more than this map
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
      if (await numbersAreBehind(pool)) await advanceNumbers(pool) // a receiver that is not ready gets no delivery that would advance them
    },
    close: async () => {
      await committer.close()
      await pool.end()
    },
  }
}
