import type { Pool } from 'pg'

/** Requests for persons whom Paxos knows already, which wait for an operator's decision. */
export interface WaitingDuplicates {
  readonly count: number
  /** When the oldest was requested; null: none waits. */
  readonly oldestAt: Date | null
}

export async function countWaitingDuplicates(pool: Pool): Promise<WaitingDuplicates> {
  const { rows } = await pool.query<WaitingDuplicates>(
    `SELECT count(*)::int AS count, min(created_at) AS "oldestAt" FROM identity_request WHERE held_reason = 'duplicate-person'`,
  )
  return rows[0] ?? { count: 0, oldestAt: null }
}
