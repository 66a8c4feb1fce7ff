import type { Pool } from 'pg'

/**
 * Makes every unfinished event due now, except those that failed: they keep the time of their next attempt. A millisecond earlier, since the column
 * keeps milliseconds and may round up, and `claimDue` takes what is due at this instant.
 */
export async function makeUntriedDue(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE inbox_event SET due_at = now() - interval '1 millisecond' WHERE state = 'accepted' AND error_code IS NULL AND due_at > now()`,
  )
}
