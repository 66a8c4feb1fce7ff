import type { Pool } from 'pg'

/** The proof of its sender that a request offered. */
export type Proof = 'none' | 'api-key' | 'bearer' | 'signature'

/** A delivery, kept as evidence. */
export interface DeliverySample {
  at: Date
  /** HTTP status of the answer. */
  status: number
  /** `accepted`, or the code of the refusal. */
  reason: string
  proof: Proof
  /** The key that proved its sender; null: none. */
  keySlot: string | null
  /** Keyed hash of the sender's address, hexadecimal. */
  sourceHash: string | null
  eventId: string | null
  /** At most the first 2,048 bytes; null when the body was not read. */
  body: Buffer | null
  /** Hash of the whole body, hexadecimal. */
  bodySha256: string | null
}

export const MOST_BODY_BYTES = 2_048
const KEPT_DAYS = 7
const KEPT_ROWS = 20_000

/** Writes the samples in one statement. */
export async function insertSamples(pool: Pool, samples: readonly DeliverySample[]): Promise<void> {
  if (samples.length === 0) return
  const column = <T>(value: (sample: DeliverySample) => T): T[] => samples.map(value)
  await pool.query(
    `INSERT INTO delivery_sample (at, status, reason, proof, key_slot, source_hash, event_id, body, body_sha256)
     SELECT at, status, reason, proof, key_slot, decode(source_hash, 'hex'), event_id, decode(body, 'hex'), decode(body_sha256, 'hex')
     FROM unnest($1::timestamptz[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
       AS s (at, status, reason, proof, key_slot, source_hash, event_id, body, body_sha256)`,
    [
      ...[column(({ at }) => at), column(({ status }) => status), column(({ reason }) => reason), column(({ proof }) => proof)],
      ...[column(({ keySlot }) => keySlot), column(({ sourceHash }) => sourceHash), column(({ eventId }) => eventId)],
      ...[column(({ body }) => body?.subarray(0, MOST_BODY_BYTES).toString('hex') ?? null), column(({ bodySha256 }) => bodySha256)],
    ],
  )
}

/** Deletes samples that are no longer evidence: of events that Paxos confirmed, older than 7 days, and all but the newest 20,000. */
export async function forgetSamples(pool: Pool, now: Date): Promise<void> {
  await pool.query(
    `DELETE FROM delivery_sample s USING inbox_event e WHERE s.status = 200 AND e.event_id = s.event_id AND e.trust = 'confirmed'`,
  )
  await pool.query(`DELETE FROM delivery_sample WHERE at < $1::timestamptz - $2 * interval '1 day'`, [now, KEPT_DAYS])
  await pool.query('DELETE FROM delivery_sample WHERE id <= (SELECT max(id) FROM delivery_sample) - $1', [KEPT_ROWS])
}

/** Samples, newest first. */
export async function listSamples(
  pool: Pool,
  { eventId, refused, limit }: { eventId?: string | undefined; refused?: boolean | undefined; limit: number },
): Promise<DeliverySample[]> {
  const { rows } = await pool.query<DeliverySample>(
    `SELECT at, status, reason, proof, key_slot AS "keySlot", encode(source_hash, 'hex') AS "sourceHash", event_id AS "eventId", body,
       encode(body_sha256, 'hex') AS "bodySha256"
     FROM delivery_sample WHERE ($1::text IS NULL OR event_id = $1) AND (NOT $2 OR status <> 200) ORDER BY id DESC LIMIT $3`,
    [eventId ?? null, refused ?? false, limit],
  )
  return rows
}
