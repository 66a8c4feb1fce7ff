import type { Pool } from 'pg'
import { judgeKey, type KeyRecord } from './key-record.ts'

/** A receiver records every minute which keys it accepts. After this time without a record it no longer accepts them. */
const ACCEPTED_FOR = "interval '3 minutes'"
/** Look-ups are counted in two spans of this length, so that the figures always cover one to two of them. */
const SPAN = "interval '5 minutes'"

/** SQL: a count of the current span, and of the one before it, as of now. */
const RUNNING = (count: string): string => `CASE WHEN now() - k.window_at < ${SPAN} THEN k.${count} ELSE 0 END`
const EARLIER = (count: string): string =>
  `CASE WHEN now() - k.window_at < ${SPAN} THEN k.earlier_${count} WHEN now() - k.window_at < 2 * ${SPAN} THEN k.${count} ELSE 0 END`

const KEY_COLUMNS = `k.slot, k.accepted_at > now() - ${ACCEPTED_FOR} AS accepted, k.last_used_at AS "lastUsedAt",
  ${RUNNING('known')} + ${EARLIER('known')} AS known, ${RUNNING('unknown')} + ${EARLIER('unknown')} AS unknown,
  k.demoted_at AS "demotedAt", k.demoted_known AS "demotedKnown", k.demoted_unknown AS "demotedUnknown",
  k.leaked_by AS "leakedBy", k.leak_reason AS "leakReason"`

interface KeyRow extends Omit<KeyRecord, 'demoted'> {
  demotedAt: Date | null
  demotedKnown: number | null
  demotedUnknown: number | null
  leakedBy: string | null
  leakReason: string | null
}

function recordOf({ demotedAt, demotedKnown, demotedUnknown, leakedBy, leakReason, ...row }: KeyRow): KeyRecord {
  const leaked = leakedBy === null ? {} : { leaked: { by: leakedBy, reason: leakReason ?? '' } }
  return { ...row, demoted: demotedAt && { at: demotedAt, known: demotedKnown ?? 0, unknown: demotedUnknown ?? 0, ...leaked } }
}

/** Every recorded key, by slot. There are as many as were ever configured. */
export async function listKeys(pool: Pool): Promise<KeyRecord[]> {
  const { rows } = await pool.query<KeyRow>(`SELECT ${KEY_COLUMNS} FROM webhook_key AS k ORDER BY slot`)
  return rows.map(recordOf)
}

/** Records the keys that a receiver accepts, and their last deliveries. */
export async function noteKeys(pool: Pool, keys: readonly { slot: string; lastUsedAt: Date | null }[]): Promise<void> {
  const inOrder = keys.toSorted((one, other) => (one.slot < other.slot ? -1 : 1)) // the lock order of all writers, so that they cannot deadlock
  await pool.query(
    `INSERT INTO webhook_key AS k (slot, accepted_at, last_used_at) SELECT slot, now(), used FROM unnest($1::text[], $2::timestamptz[]) AS u (slot, used)
     ON CONFLICT (slot) DO UPDATE SET accepted_at = now(), last_used_at = greatest(k.last_used_at, excluded.last_used_at)`,
    [inOrder.map(({ slot }) => slot), inOrder.map(({ lastUsedAt }) => lastUsedAt)],
  )
}

/** Look-ups of one key's events since the last count. */
export interface Lookups {
  slot: string
  known: number
  unknown: number
}

/** A key's demotion or promotion that follows from its figures. */
export interface KeyTurn {
  turn: 'demote' | 'promote'
  key: KeyRecord
}

/**
 * Adds look-ups to the figures of their keys and judges each key by them, once for all workers. Returns every counted key with its present
 * figures, and the turns that this call made.
 */
export async function countLookups(pool: Pool, lookups: readonly Lookups[]): Promise<{ keys: KeyRecord[]; turns: KeyTurn[] }> {
  const inOrder = lookups.toSorted((one, other) => (one.slot < other.slot ? -1 : 1))
  const { rows } = await pool.query<KeyRow>(
    `INSERT INTO webhook_key AS k (slot, known, unknown)
     SELECT slot, known, unknown FROM unnest($1::text[], $2::integer[], $3::integer[]) AS u (slot, known, unknown)
     ON CONFLICT (slot) DO UPDATE SET
       known = ${RUNNING('known')} + excluded.known, earlier_known = ${EARLIER('known')},
       unknown = ${RUNNING('unknown')} + excluded.unknown, earlier_unknown = ${EARLIER('unknown')},
       window_at = CASE WHEN now() - k.window_at < ${SPAN} THEN k.window_at ELSE now() END
     RETURNING ${KEY_COLUMNS}`,
    [inOrder.map(({ slot }) => slot), inOrder.map(({ known }) => known), inOrder.map(({ unknown }) => unknown)],
  )
  const keys: KeyRecord[] = []
  const turns: KeyTurn[] = []
  for (const key of rows.map(recordOf)) {
    const turn = judgeKey(key)
    const turned =
      turn === 'demote' ? await demoteKey(pool, key) : turn === 'promote' ? await promoteKey(pool, key.slot, 'by-figures') : null
    if (turn && turned) turns.push({ turn, key: turned })
    keys.push(turned ?? key)
  }
  return { keys, turns }
}

/** Null: another worker was first. */
async function demoteKey(pool: Pool, { slot, known, unknown }: KeyRecord): Promise<KeyRecord | null> {
  const { rows } = await pool.query<KeyRow>(
    `UPDATE webhook_key AS k SET demoted_at = now(), demoted_known = $2, demoted_unknown = $3 WHERE slot = $1 AND demoted_at IS NULL RETURNING ${KEY_COLUMNS}`,
    [slot, known, unknown],
  )
  return rows[0] ? recordOf(rows[0]) : null
}

/** Demotes a key that leaked, until an operator promotes it. Safe to repeat: the first name and reason stay. */
export async function markLeaked(pool: Pool, slot: string, { by, reason }: { by: string; reason: string }): Promise<void> {
  await pool.query(
    `UPDATE webhook_key AS k SET leaked_by = $2, leak_reason = $3, demoted_at = coalesce(demoted_at, now()),
       demoted_known = coalesce(demoted_known, ${RUNNING('known')} + ${EARLIER('known')}),
       demoted_unknown = coalesce(demoted_unknown, ${RUNNING('unknown')} + ${EARLIER('unknown')})
     WHERE slot = $1 AND leaked_by IS NULL`,
    [slot, by, reason],
  )
}

/** `by-operator`: the figures start at 0, or they would demote the key again at once. Null: the key is not demoted. */
export async function promoteKey(pool: Pool, slot: string, why: 'by-figures' | 'by-operator'): Promise<KeyRecord | null> {
  const { rows } = await pool.query<KeyRow>(
    `UPDATE webhook_key AS k SET demoted_at = NULL, demoted_known = NULL, demoted_unknown = NULL, leaked_by = NULL, leak_reason = NULL,
       known = CASE WHEN $2 THEN 0 ELSE known END, unknown = CASE WHEN $2 THEN 0 ELSE unknown END,
       earlier_known = CASE WHEN $2 THEN 0 ELSE earlier_known END, earlier_unknown = CASE WHEN $2 THEN 0 ELSE earlier_unknown END
     WHERE slot = $1 AND demoted_at IS NOT NULL AND ($2 OR leaked_by IS NULL) RETURNING ${KEY_COLUMNS}`,
    [slot, why === 'by-operator'],
  )
  return rows[0] ? recordOf(rows[0]) : null
}

/** The events of one key that are parked as unknown to Paxos. */
export interface UnknownOfKey {
  slot: string
  events: number
  firstReceivedAt: Date
  lastReceivedAt: Date
}

/** Reads the partial index of parked events, so its cost grows only with their number. */
export async function unknownByKey(pool: Pool, slots: readonly string[]): Promise<UnknownOfKey[]> {
  if (slots.length === 0) return []
  const { rows } = await pool.query<UnknownOfKey>(
    `SELECT key_slot AS slot, count(*)::int AS events, min(received_at) AS "firstReceivedAt", max(received_at) AS "lastReceivedAt"
     FROM inbox_event WHERE state = 'parked' AND error_code = 'EVENT_UNKNOWN_TO_PAXOS' AND key_slot = ANY ($1) GROUP BY key_slot`,
    [slots],
  )
  return rows
}
