import type { Pool } from 'pg'
import { seqWindow } from './seq-window.ts'

/** Selects events. All given parts must hold. */
export interface EventFilter {
  states: readonly string[]
  eventIds?: readonly string[] | undefined
  identityIds?: readonly string[] | undefined
  types?: readonly string[] | undefined
  errorCodes?: readonly string[] | undefined
  /** With one of these causes (`failure_cause`). */
  causeIds?: readonly string[] | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before. */
  to?: Date | undefined
  /** With this seq or a higher one (bigint as text). */
  fromSeq?: string | undefined
  /** Ended at or after. */
  completedSince?: Date | undefined
  /** Brought by one of these key slots. */
  keySlots?: readonly string[] | undefined
}

const MATCHING = `FROM inbox_event
  WHERE state = ANY ($1::text[]) AND ($2::text[] IS NULL OR event_id = ANY ($2)) AND ($3::text[] IS NULL OR identity_id = ANY ($3))
    AND ($4::text[] IS NULL OR type = ANY ($4)) AND ($5::timestamptz IS NULL OR received_at >= $5) AND ($6::timestamptz IS NULL OR received_at < $6)
    AND seq >= $7 AND ($8::bigint IS NULL OR seq < $8) AND ($9::text[] IS NULL OR error_code = ANY ($9))
    AND ($10::timestamptz IS NULL OR completed_at >= $10) AND ($11::text[] IS NULL OR key_slot = ANY ($11))
    AND ($12::text[] IS NULL OR cause_id = ANY ($12))`

/** The seqs (bigint as text) of the oldest `limit` matching events, in the order of receiving. */
export async function matchEvents(pool: Pool, filter: EventFilter, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ seq: string }>(`SELECT seq ${MATCHING} ORDER BY seq LIMIT $13`, [
    ...(await values(pool, filter)),
    limit,
  ])
  return rows.map(({ seq }) => seq)
}

/** Number of matching events, counted up to `most`. */
export async function countMatching(pool: Pool, filter: EventFilter, most: number): Promise<number> {
  const { rows } = await pool.query<{ matched: number }>(
    `SELECT count(*)::int AS matched FROM (SELECT ${MATCHING} LIMIT $13) AS matching`,
    [...(await values(pool, filter)), most],
  )
  return rows[0]?.matched ?? 0
}

async function values(pool: Pool, filter: EventFilter): Promise<unknown[]> {
  const { states, eventIds, identityIds, types, errorCodes, from, to, fromSeq = '0', completedSince, keySlots, causeIds } = filter
  const { gte = 0n, lt } = await seqWindow(pool, { from, to })
  const since = gte > BigInt(fromSeq) ? gte : BigInt(fromSeq)
  return [states, eventIds, identityIds, types, from, to, since, lt, errorCodes, completedSince, keySlots, causeIds].map(
    (value) => value ?? null,
  )
}

/** A time by the clock that stamps events, 1 ms after all that is committed by now: `received_at` is rounded to 1 ms. */
export async function momentAfterNow(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ moment: Date }>(`SELECT clock_timestamp()::timestamptz(3) + interval '1 millisecond' AS moment`)
  return rows[0]?.moment ?? new Date()
}

/** The seq below which every event has ended (bigint as text): a later failure has this seq or a higher one. */
export async function unfinishedFrom(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ seq: string }>(
    `SELECT coalesce(
       (SELECT seq FROM inbox_event WHERE state >= 'accepted' AND state <= 'accepted' ORDER BY state, seq LIMIT 1),
       (SELECT max(seq) + 1 FROM inbox_event), 1) AS seq`,
  )
  return rows[0]?.seq ?? '1'
}
