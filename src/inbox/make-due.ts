import type { Pool } from 'pg'

/**
 * Makes every unfinished event due now, except failed ones, which keep the time of their next attempt. The time is 1 ms earlier: the column
 * holds milliseconds and may round up, and `claimDue` takes events that are due at this instant.
 */
export async function makeUntriedDue(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE inbox_event SET due_at = now() - interval '1 millisecond' WHERE state = 'accepted' AND error_code IS NULL AND due_at > now()`,
  )
}
