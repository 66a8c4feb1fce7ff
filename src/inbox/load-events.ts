import type { Pool, PoolClient } from 'pg'
import type { EventOrigin, EventState } from '../domain/event-state.ts'

/** An event of the inbox as stored (table inbox_event). */
export interface InboxRow {
  /** bigint as text. */
  seq: string
  eventId: string
  /** The type in the delivery: a hint while `trust` is `hint`. */
  type: string
  occurredAt: Date
  isTest: boolean
  /** `command` and `timer` are Gatehouse's own rows, born confirmed. */
  origin: EventOrigin
  bodySha256: Buffer | null
  receivedAt: Date
  /** Deliveries by webhook; 0 for an event that only the sweep has seen. */
  deliveryCount: number
  trust: 'hint' | 'confirmed'
  state: EventState
  /** Its outcome in a word or two. */
  outcome: string | null
  identityId: string | null
  attempts: number
  /** Failures with an unknown outcome: an outage of writes, or a request that the other side never answers. They spend no attempt. */
  unknownOutcomes: number
  /** Processes that died while they worked on this event alone. */
  strikes: number
  /** Number of times that it was opened again. */
  generation: number
  authority: 'machine' | 'operator'
  /** When the dispatcher may next put it on the queue. */
  dueAt: Date
  errorCode: string | null
  errorDetail: string | null
  /** The HTTP status in the answer that made it fail; null: no answer, or none is known. */
  causeStatus: number | null
  completedAt: Date | null
  /** Number of the job that it shares with others of its commit (bigint as text); null: it has a job of its own. */
  batch: string | null
  /** The event as List Events showed it (JSON); null: no listing has shown it. */
  evidence: unknown
  keySlot: string | null
  /** The stream of a command or a timer; null for Paxos's events. */
  streamId: string | null
  /** W3C trace context of the delivery; null: none. */
  traceparent: string | null
}

/** Columns of an InboxRow, named as there. */
export const INBOX_COLUMNS = `seq, event_id AS "eventId", type, occurred_at AS "occurredAt", is_test AS "isTest", origin, body_sha256 AS "bodySha256",
  received_at AS "receivedAt", delivery_count AS "deliveryCount", trust, state, outcome, identity_id AS "identityId", attempts,
  unknown_outcomes AS "unknownOutcomes", strikes, generation, authority, due_at AS "dueAt", error_code AS "errorCode", error_detail AS "errorDetail",
  (SELECT c.status FROM failure_cause AS c WHERE c.id = cause_id) AS "causeStatus", completed_at AS "completedAt", batch, evidence, key_slot AS "keySlot", stream_id AS "streamId", traceparent`

/** The rows of these events, one for each seq; null for an unknown one. */
export async function loadEvents(on: Pool | PoolClient, seqs: readonly string[]): Promise<(InboxRow | null)[]> {
  const { rows } = await on.query<InboxRow>({
    name: 'load-events',
    text: `SELECT ${INBOX_COLUMNS} FROM inbox_event WHERE seq = ANY ($1::bigint[])`,
    values: [[...new Set(seqs)]],
  })
  const found = new Map(rows.map((row) => [row.seq, row]))
  return seqs.map((seq) => found.get(seq) ?? null)
}

/** Events by state. `duplicates`: deliveries of all events after their first. */
export type EventCounts = Record<EventState | 'duplicates', number>

/** The newest events, as many as this, stay out of the folded count: a repeated delivery of one of them still counts. */
const UNFOLDED = 50_000
const FOLD_EVERY = 50_000

/**
 * Exact counts, at a cost that does not grow with the inbox. Unfinished events are counted in an index of their own. Of all events only
 * those since the last fold (table inbox_total) are counted. Events are never deleted, so `processed` is the remainder. A fold misses only
 * one thing: repeated deliveries of folded events.
 */
export async function countEvents(pool: Pool): Promise<EventCounts> {
  const { rows: totals } = await pool.query<InboxTotal>('SELECT up_to_seq, events, duplicates FROM inbox_total')
  const folded = totals[0] ?? { up_to_seq: '0', events: '0', duplicates: '0' }
  const { rows } = await pool.query<{
    last_seq: string
    events: string
    duplicates: string
    open: Partial<Record<EventState, number>> | null
  }>(
    `SELECT coalesce(max(seq), 0) AS last_seq, count(*) AS events, coalesce(sum(greatest(delivery_count - 1, 0)), 0) AS duplicates,
       (SELECT json_object_agg(state, events) FROM (SELECT state, count(*) AS events FROM inbox_event WHERE state <> 'processed' GROUP BY state) AS s) AS open
     FROM inbox_event WHERE seq > $1`,
    [folded.up_to_seq],
  )
  const newer = rows[0]!
  const foldable = Number(newer.last_seq) - UNFOLDED
  if (foldable - Number(folded.up_to_seq) >= FOLD_EVERY) await foldEvents(pool, { from: folded.up_to_seq, to: foldable })
  const { accepted = 0, parked = 0, dead = 0, test = 0, dismissed = 0 } = newer.open ?? {}
  const processed = Number(folded.events) + Number(newer.events) - accepted - parked - dead - test - dismissed
  return { accepted, processed, parked, dead, test, dismissed, duplicates: Number(folded.duplicates) + Number(newer.duplicates) }
}

interface InboxTotal {
  /** bigint as text, like the counts. */
  up_to_seq: string
  events: string
  duplicates: string
}

/**
 * Adds the events from `from` to `to` to the folded count. If several readers try, one succeeds. No event below `to` is still uncommitted:
 * a commit of the inbox ends within seconds, and tens of thousands of events have come since.
 */
async function foldEvents(pool: Pool, { from, to }: { from: string; to: number }): Promise<void> {
  await pool.query(
    `UPDATE inbox_total AS t SET up_to_seq = $2, events = t.events + more.events, duplicates = t.duplicates + more.duplicates
     FROM (SELECT count(*) AS events, coalesce(sum(greatest(delivery_count - 1, 0)), 0) AS duplicates FROM inbox_event WHERE seq > $1 AND seq <= $2) AS more
     WHERE t.up_to_seq = $1`,
    [from, to],
  )
}
