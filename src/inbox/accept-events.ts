import { randomInt } from 'node:crypto'
import pg from 'pg'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { AppError, errorCode, errorMessage } from '../platform/app-error.ts'
import { createGroupCommitter, isDataFault } from '../platform/group-committer.ts'
import type { Logger } from '../platform/logger.ts'
import { type Column, column, columnParameters, ELEMENT } from '../platform/postgres/array-parameter.ts'
import { isPooled } from '../platform/postgres/database-url.ts'
import { sessions } from '../platform/postgres/session.ts'
import type { OpenEvent } from './complete-events.ts'
import { advanceNumbers, isNumberTaken, numbersAreBehind } from './event-numbers.ts'

/** A delivery, or an event found by the sweep. A hint until it was read back from the Events API. */
export interface ReceivedEvent {
  /** The sender's event id as `canonicalId` gives it, the dedupe key. */
  eventId: string
  type: string
  occurredAt: Date
  isTest: boolean
  origin: 'webhook' | 'sweep'
  /** SHA-256 of the body's bytes as received, hexadecimal; null for what the sweep found. */
  bodySha256: string | null
  /** Authenticator and fingerprint of the key that brought it; none for what the sweep found. */
  keySlot?: string | null
  /** Keyed hash of the sender's address, hexadecimal. */
  sourceHash?: string | null
  /** W3C trace context of the request, where it is well formed. */
  traceparent?: string | null
}

/** `duplicate`: the id was stored before, or comes twice in one commit. `test`: recorded and inert. */
export type AcceptStatus = 'accepted' | 'duplicate' | 'test'

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

/** Parked because Paxos did not know it, this long ago at least: a delivery opens it again, and the dispatcher takes it up. */
const REOPENED = `(i.state = 'parked' AND i.error_code = 'EVENT_UNKNOWN_TO_PAXOS' AND NOT excluded.is_test
    AND excluded.delivery_count > 0 AND i.completed_at < now() - interval '5 minutes')`

/**
 * One row per event id. A repeated delivery counts and changes nothing else, but for three cases: a delivery adds the hash of its body to
 * what the sweep found first; a real event whose id was spent on a test event becomes real (the dispatcher takes it up); and an event that
 * was parked as unknown to Paxos is looked for again, every five minutes at most.
 * A session that would not wait for its commit to reach the disk inserts nothing at all.
 */
const INSERT_EVENTS = `
INSERT INTO inbox_event AS i (event_id, type, occurred_at, is_test, origin, body_sha256, delivery_count, state, batch, key_slot, source_hash, traceparent)
SELECT id, type, at, test, origin, sha, deliveries, CASE WHEN test THEN 'test' ELSE 'accepted' END, batch, key, source, trace
FROM (SELECT unnest($1::text[]) AS id, unnest($2::text[]) AS type, unnest($3::timestamptz[]) AS at, unnest($4::boolean[]) AS test,
  unnest($5::text[]) AS origin, unnest($6::bytea[]) AS sha, unnest($7::integer[]) AS deliveries, unnest($8::bigint[]) AS batch,
  unnest($9::text[]) AS key, unnest($10::bytea[]) AS source, unnest($11::text[]) AS trace) AS e
WHERE current_setting('synchronous_commit') <> 'off'
ON CONFLICT (event_id) DO UPDATE SET
  delivery_count = i.delivery_count + excluded.delivery_count,
  body_sha256 = coalesce(i.body_sha256, excluded.body_sha256),
  is_test = i.is_test AND excluded.is_test,
  state = CASE WHEN i.state = 'test' THEN excluded.state WHEN ${REOPENED} THEN 'accepted' ELSE i.state END,
  generation = CASE WHEN ${REOPENED} THEN i.generation + 1 ELSE i.generation END,
  attempts = CASE WHEN ${REOPENED} THEN 0 ELSE i.attempts END,
  due_at = CASE WHEN ${REOPENED} THEN now() ELSE i.due_at END,
  completed_at = CASE WHEN ${REOPENED} THEN NULL ELSE i.completed_at END
RETURNING i.seq, i.event_id, i.state, (xmax = 0) AS inserted`

const COLUMNS: readonly Column<EventRow>[] = [
  column(ELEMENT.text, ({ id }) => id),
  column(ELEMENT.text, ({ type }) => type),
  column(ELEMENT.timestamptz, ({ at }) => at.getTime()),
  column(ELEMENT.boolean, ({ test }) => test),
  column(ELEMENT.text, ({ origin }) => origin),
  column(ELEMENT.hex, ({ sha }) => sha),
  column(ELEMENT.integer, ({ deliveries }) => deliveries),
  column(ELEMENT.bigint, ({ batch }) => batch),
  column(ELEMENT.text, ({ keySlot }) => keySlot),
  column(ELEMENT.hex, ({ source }) => source),
  column(ELEMENT.text, ({ trace }) => trace),
]

/** The statement for these rows, of which no two have the same id. */
export function insertEvents(rows: readonly EventRow[]): pg.QueryConfig {
  return { name: 'insert-events', text: INSERT_EVENTS, values: columnParameters(COLUMNS, rows) }
}

interface InsertedRow {
  /** bigint as text. */
  seq: string
  event_id: string
  state: string
  inserted: boolean
}

/** Most events in one job of the queue: its own cost is small by then, and a worker's hands still fill evenly. */
const EVENTS_PER_JOB = 16

/** For how long after a failed commit every other is refused at once: a queue before a dead database only makes the senders wait. */
const REST_MS = 250

/** The durable end of receiving: events that arrive together share one insert and one commit. */
export function createEventAcceptor(options: AcceptorOptions): EventAcceptor {
  const { logger, onAccepted, timeoutMs = 2_000, writers = 1, maxBatch = 256, maxWaiting = 4_096 } = options
  const pool = createWriterPool({ connectionString: options.connectionString, logger, timeoutMs, writers })
  const metrics = createMetrics(options.metrics)
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
  async function insertNumbered(folded: EventRow[]): Promise<pg.QueryResult<InsertedRow>> {
    try {
      return await pool.query<InsertedRow>(insertEvents(folded))
    } catch (error) {
      if (!isNumberTaken(error)) throw error
      await advanceNumbers(pool)
      logger.warn('the numbers of inbox_event were behind its rows, as after a copy without its sequences; they go on behind the last row')
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

const CHECK_FSYNC = `SELECT current_setting('fsync') AS fsync`
/**
 * `remote_apply` is stricter than `on` and stays. Behind PgBouncer a session is another client's a moment later, so nothing is set there: the
 * statement itself inserts nothing where commits are not durable.
 */
const SYNC_COMMITS = `SELECT current_setting('fsync') AS fsync,
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`

/** Connections of our own: what they are set to, no other user of a pool can undo, and a failed one is replaced by the next commit. */
function createWriterPool(options: { connectionString: string; logger: Logger; timeoutMs: number; writers: number }): pg.Pool {
  const { connectionString, logger, timeoutMs, writers } = options
  const pooled = isPooled(connectionString)
  let warned = false
  const pool = new pg.Pool({
    ...sessions(connectionString, { settings: { statement_timeout: timeoutMs } }),
    application_name: 'gatehouse inbox',
    max: writers,
    idleTimeoutMillis: 0,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    // The pool waits for the promise; its types do not say so.
    onConnect: async (client) => {
      const { rows } = await client.query<{ fsync: string }>(pooled ? CHECK_FSYNC : SYNC_COMMITS)
      if (rows[0]!.fsync === 'on' || warned) return
      warned = true
      logger.warn('Postgres runs with fsync=off: accepted events do not survive a crash of its machine')
    },
  })
  pool.on('error', () => {}) // an idle connection broke; the pool has dropped it and the next commit opens another
  return pool
}

/** A row to be inserted, or a delivery of one that is there. */
export interface EventRow {
  id: string
  type: string
  at: Date
  test: boolean
  origin: string
  /** Hexadecimal. */
  sha: string | null
  deliveries: number
  batch: number | null
  keySlot: string | null
  /** Hexadecimal. */
  source: string | null
  /** W3C trace context. */
  trace: string | null
}

/**
 * One row per event id (a statement cannot touch a row twice), a real event before a test event of the same id. In the order of the ids: receivers
 * that insert overlapping batches then wait for each other instead of deadlocking.
 */
function foldDuplicates(events: readonly ReceivedEvent[]): EventRow[] {
  const rows = new Map<string, EventRow>()
  for (const { eventId, type, occurredAt, isTest, origin, bodySha256, keySlot = null, sourceHash = null, traceparent = null } of events) {
    const deliveries = origin === 'webhook' ? 1 : 0
    const twin = rows.get(eventId)
    const row = {
      id: eventId,
      type,
      at: occurredAt,
      test: isTest,
      origin,
      sha: bodySha256,
      deliveries,
      batch: null,
      keySlot,
      source: sourceHash,
      trace: traceparent,
    }
    if (!twin) rows.set(eventId, row)
    else if (twin.test && !isTest) rows.set(eventId, { ...row, deliveries: twin.deliveries + deliveries })
    else twin.deliveries += deliveries
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * Events that arrive together share a job of the queue, as they share a commit. The number of the job is any that no other job on the queue has: if two
 * ever had the same, the dispatcher would bring the events of the second a minute later.
 */
function shareJobs(rows: readonly EventRow[]): EventRow[] {
  const real = rows.filter(({ test }) => !test).length
  const jobs = Math.ceil(real / EVENTS_PER_JOB)
  const first = randomInt(2 ** 48 - 1)
  let nth = 0
  return rows.map((row) => ({ ...row, batch: row.test || real === 1 ? null : first + (nth++ % jobs) }))
}

/** What each delivery is told: of several with one id in this commit, the first one is the accepted one. */
function statuses(events: readonly ReceivedEvent[], rows: readonly InsertedRow[]): AcceptStatus[] {
  const stored = new Map(rows.map((row) => [row.event_id, row]))
  return events.map(({ eventId, isTest }) => {
    const row = stored.get(eventId)!
    if (row.state === 'test' && isTest) return 'test'
    if (!row.inserted || isTest) return 'duplicate'
    row.inserted = false
    return 'accepted'
  })
}

function createMetrics(registry: Registry): {
  commitSeconds: Histogram
  batchSize: Histogram
  failures: Counter
  watchWaiting: (waiting: () => number) => void
} {
  const registers = [registry]
  return {
    commitSeconds: new Histogram({
      name: 'gatehouse_inbox_commit_seconds',
      help: 'Duration of one commit of the inbox, seconds.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    batchSize: new Histogram({
      name: 'gatehouse_inbox_batch_events',
      help: 'Events that shared one commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    failures: new Counter({
      name: 'gatehouse_inbox_failures_total',
      help: 'Commits of the inbox that failed for another reason than their data.',
      registers,
    }),
    watchWaiting: (waiting) => {
      new Gauge({
        name: 'gatehouse_inbox_waiting_events',
        help: 'Events that wait for a commit.',
        registers,
        collect() {
          this.set(waiting())
        },
      })
    },
  }
}
