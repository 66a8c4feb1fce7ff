import type { Pool } from 'pg'

/** When the oldest unfinished event was received; null: there is none. The state is a range, so that the index of open events gives the order. */
export async function readOldestUnfinished(pool: Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT received_at AS at FROM inbox_event WHERE state >= 'accepted' AND state <= 'accepted' ORDER BY state, seq LIMIT 1`,
  )
  return rows[0]?.at ?? null
}
