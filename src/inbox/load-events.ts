import type { Pool, PoolClient } from 'pg'
import type { EventOrigin, EventState } from '../domain/event-state.ts'

/** An event of the inbox as stored (table inbox_event). */
export interface InboxRow {
  /** bigint as text. */
  seq: string
  eventId: string
  /** As delivered: a hint, like all that a delivery says, while `trust` is. */
  type: string
  occurredAt: Date
  isTest: boolean
  /** `command` and `timer` are rows of Gatehouse's own, born confirmed. */
  origin: EventOrigin
  bodySha256: Buffer | null
  receivedAt: Date
  /** Deliveries by webhook, so 0 for what only the sweep has seen. */
  deliveryCount: number
  trust: 'hint' | 'confirmed'
  state: EventState
  /** What became of it, in a word or two. */
  outcome: string | null
  identityId: string | null
  attempts: number
  /** Failures that left an outcome unknown: an outage of writes, or a request that is poison for the other side. They spend no attempt. */
  unknownOutcomes: number
  /** Processes that died while they worked on it alone. */
  strikes: number
  /** How often it was opened again. */
  generation: number
  authority: 'machine' | 'operator'
  /** When the dispatcher may put it on the queue (again). */
  dueAt: Date
  errorCode: string | null
  errorDetail: string | null
  completedAt: Date | null
  /** The job of the queue that it shares with others of its commit (bigint as text); null: one of its own. */
  batch: string | null
  /** The event as List Events showed it (JSON); null until a listing did. */
  evidence: unknown
  keySlot: string | null
  /** What a command or a timer is about; null for what Paxos told. */
  streamId: string | null
  /** W3C trace context of the delivery, if it had one. */
  traceparent: string | null
}

/** Columns of an InboxRow, named as there. */
export const INBOX_COLUMNS = `seq, event_id AS "eventId", type, occurred_at AS "occurredAt", is_test AS "isTest", origin, body_sha256 AS "bodySha256",
  received_at AS "receivedAt", delivery_count AS "deliveryCount", trust, state, outcome, identity_id AS "identityId", attempts,
  unknown_outcomes AS "unknownOutcomes", strikes, generation, authority, due_at AS "dueAt", error_code AS "errorCode", error_detail AS "errorDetail", completed_at AS "completedAt", batch, evidence, key_slot AS "keySlot", stream_id AS "streamId", traceparent`

/** The rows of these events, for each seq given; null where there is none. */
export async function loadEvents(on: Pool | PoolClient, seqs: readonly string[]): Promise<(InboxRow | null)[]> {
  const { rows } = await on.query<InboxRow>({
    name: 'load-events',
    text: `SELECT ${INBOX_COLUMNS} FROM inbox_event WHERE seq = ANY ($1::bigint[])`,
    values: [[...new Set(seqs)]],
  })
  const found = new Map(rows.map((row) => [row.seq, row]))
  return seqs.map((seq) => found.get(seq) ?? null)
}

/** Events by state; `duplicates`: deliveries after the first, of whatever event. */
export type EventCounts = Record<EventState | 'duplicates', number>

/** The newest events, so many numbers of them, stay out of the folded count: when one of them is delivered again, that still counts. */
const UNFOLDED = 50_000
const FOLD_EVERY = 50_000

/**
 * Exact, at a cost that does not grow with the inbox: what is unfinished is counted in an index that holds nothing else, and of all
 * events only those since the last fold (table inbox_total). Events are never deleted, so `processed` is what remains. The one thing
 * that a fold misses is a repeated delivery of an event that had been folded already.
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
  /** bigint as text, as the counts are. */
  up_to_seq: string
  events: string
  duplicates: string
}

/**
 * Adds the events between to the folded count; of several readers that would, one does. Nothing below `to` is still to be committed:
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
