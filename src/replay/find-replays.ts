import type { Pool } from 'pg'
import type { ReplayState } from './replay-record.ts'

/** A replay that a search found. */
export interface FoundReplay {
  id: string
  state: ReplayState
  events: number
  plannedBy: string
  plannedAt: Date
}

/** The beginning of a uuid, with hyphens in their places or without any. */
const UUID_START = /^[0-9a-f]{1,8}$|^[0-9a-f]{8}(-?[0-9a-f]{0,4}){0,3}(-?[0-9a-f]{0,12})?$/i
const DIGITS = 32

/** Replays with this id prefix, at most `limit`, found by the primary key. */
export async function findReplays(pool: Pool, prefix: string, limit: number): Promise<FoundReplay[]> {
  const digits = prefix.replaceAll('-', '')
  if (!UUID_START.test(prefix) || digits.length > DIGITS) return []
  const { rows } = await pool.query<FoundReplay>(
    `SELECT id, state, events, planned_by AS "plannedBy", planned_at AS "plannedAt" FROM replay
     WHERE id BETWEEN $1::uuid AND $2::uuid ORDER BY id LIMIT $3`,
    [digits.padEnd(DIGITS, '0'), digits.padEnd(DIGITS, 'f'), limit],
  )
  return rows
}
