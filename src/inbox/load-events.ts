import type { Pool } from 'pg'

/** An event of the inbox as stored (table inbox_event). */
export interface InboxRow {
  /** bigint as text. */
  seq: string
  eventId: string
  /** As delivered: a hint, like all that a delivery says, while `trust` is. */
  type: string
  occurredAt: Date
  isTest: boolean
  origin: 'webhook' | 'sweep'
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
  /** Processes that died while they worked on it alone. */
  strikes: number
  /** How often it was opened again. */
  generation: number
  authority: 'machine' | 'operator'
  /** When the dispatcher may put it on the queue (again). */
  dueAt: Date
  errorCode: string | null
  errorDetail: string | null
  settledAt: Date | null
}

/** `accepted`: unfinished. `processed`: done. `parked`, `dead`: a person must look. `test`: inert for ever. */
export type EventState = 'accepted' | 'processed' | 'parked' | 'dead' | 'test'

/** Columns of an InboxRow, named as there. */
export const INBOX_COLUMNS = `seq, event_id AS "eventId", type, occurred_at AS "occurredAt", is_test AS "isTest", origin, body_sha256 AS "bodySha256",
  received_at AS "receivedAt", delivery_count AS "deliveryCount", trust, state, outcome, identity_id AS "identityId", attempts, strikes,
  generation, authority, due_at AS "dueAt", error_code AS "errorCode", error_detail AS "errorDetail", settled_at AS "settledAt"`

/** The rows of these events, for each seq given; null where there is none. */
export async function loadEvents(pool: Pool, seqs: readonly string[]): Promise<(InboxRow | null)[]> {
  const { rows } = await pool.query<InboxRow>({
    name: 'load-events',
    text: `SELECT ${INBOX_COLUMNS} FROM inbox_event WHERE seq = ANY ($1::bigint[])`,
    values: [[...new Set(seqs)]],
  })
  const found = new Map(rows.map((row) => [row.seq, row]))
  return seqs.map((seq) => found.get(seq) ?? null)
}

/** Events by state; `duplicates`: deliveries after the first, of whatever event. */
export type EventCounts = Record<EventState | 'duplicates', number>

/** Counts the whole inbox: time grows with it. */
export async function countEvents(pool: Pool): Promise<EventCounts> {
  const { rows } = await pool.query<{ state: EventState; events: string; duplicates: string }>(
    'SELECT state, count(*) AS events, sum(greatest(delivery_count - 1, 0)) AS duplicates FROM inbox_event GROUP BY state',
  )
  const counts: EventCounts = { accepted: 0, processed: 0, parked: 0, dead: 0, test: 0, duplicates: 0 }
  for (const { state, events, duplicates } of rows) {
    counts[state] = Number(events)
    counts.duplicates += Number(duplicates)
  }
  return counts
}
