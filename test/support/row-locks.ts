import type { Pool } from 'pg'
import { onTestFinished } from 'vitest'

/** How many sessions of this database wait for a lock of another transaction; only of that application when one is named. */
export async function sessionsWaiting(pool: Pool, { applicationName }: { applicationName?: string } = {}): Promise<number> {
  const { rows } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND ($1::text IS NULL OR application_name = $1)`,
    [applicationName],
  )
  return rows.length
}

/** Locks what the statement locks, as another transaction would, until it is released or the test has ended. */
export async function holdLocks(pool: Pool, statement: string, values: unknown[] = []): Promise<() => Promise<void>> {
  const holder = await pool.connect()
  let held = true
  onTestFinished(() => {
    if (held) holder.release(true)
  })
  await holder.query('BEGIN')
  await holder.query(statement, values)
  return async () => {
    await holder.query('ROLLBACK')
    held = false
    holder.release()
  }
}
