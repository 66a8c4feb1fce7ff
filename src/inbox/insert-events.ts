import type { QueryConfig } from 'pg'
import { type Column, column, columnParameters, ELEMENT } from '../platform/postgres/array-parameter.ts'

/** A row to insert, or a further delivery of a stored one. */
export interface EventRow {
  id: string
  type: string
  at: Date
  test: boolean
  origin: string
  /** SHA-256 of the body, hexadecimal. */
  sha: string | null
  deliveries: number
  batch: number | null
  keySlot: string | null
  /** Keyed hash of the sender's address, hexadecimal. */
  source: string | null
  /** W3C trace context. */
  trace: string | null
}

/** Parked as unknown to Paxos at least 5 min ago: a delivery opens it again, and the dispatcher takes it up. */
const REOPENED = `(i.state = 'parked' AND i.error_code = 'EVENT_UNKNOWN_TO_PAXOS' AND NOT excluded.is_test
    AND excluded.delivery_count > 0 AND i.completed_at < now() - interval '5 minutes')`

/**
 * One row per event id. A repeated delivery is counted and changes nothing else, with three exceptions:
 * - It adds the hash of its body to an event that the sweep found first.
 * - A real event becomes real if its id was used up by a test event. The dispatcher takes it up.
 * - An event that was parked as unknown to Paxos is looked for again, at most every 5 min.
 * A session that would not wait for its commit to reach the disk inserts nothing.
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

/** The statement for these rows. No two may have the same id. */
export function insertEvents(rows: readonly EventRow[]): QueryConfig {
  return { name: 'insert-events', text: INSERT_EVENTS, values: columnParameters(COLUMNS, rows) }
}

/** The result for one row. */
export interface InsertedRow {
  /** bigint as text. */
  seq: string
  event_id: string
  state: string
  inserted: boolean
}
