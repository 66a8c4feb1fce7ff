import { randomInt } from 'node:crypto'
import type { EventRow, InsertedRow } from './insert-events.ts'
import type { AcceptStatus, ReceivedEvent } from './received-event.ts'

/** Most events in one job of the queue. The job's own cost is small by then, and the slots of workers still fill evenly. */
const EVENTS_PER_JOB = 16

/**
 * Folds deliveries to one row per event id (a statement cannot touch a row twice). A real event wins over a test event with the same id.
 * Rows are in the order of ids: receivers with overlapping batches then wait for each other instead of deadlocking.
 */
export function foldDuplicates(events: readonly ReceivedEvent[]): EventRow[] {
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
 * Gives events that arrive together a shared job, as they share a commit. The job's number must differ from other jobs on the queue. If two
 * were equal, the dispatcher would bring the second one's events a minute later.
 */
export function shareJobs(rows: readonly EventRow[]): EventRow[] {
  const real = rows.filter(({ test }) => !test).length
  const jobs = Math.ceil(real / EVENTS_PER_JOB)
  const first = randomInt(2 ** 48 - 1)
  let nth = 0
  return rows.map((row) => ({ ...row, batch: row.test || real === 1 ? null : first + (nth++ % jobs) }))
}

/** The status of each delivery. Of several with one id in this commit, the first is `accepted`. */
export function statuses(events: readonly ReceivedEvent[], rows: readonly InsertedRow[]): AcceptStatus[] {
  const stored = new Map(rows.map((row) => [row.event_id, row]))
  return events.map(({ eventId, isTest }) => {
    const row = stored.get(eventId)!
    if (row.state === 'test' && isTest) return 'test'
    if (!row.inserted || isTest) return 'duplicate'
    row.inserted = false
    return 'accepted'
  })
}
