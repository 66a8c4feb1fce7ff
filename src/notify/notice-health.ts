import type { Pool } from 'pg'

/** Whether the customer's application accepts notifications, as all workers have seen it. */
export interface NoticeHealth {
  /** When the current row of failures began; null: the last notification was accepted, or none was ever sent. */
  failingSince: Date | null
  /** Failures since then. */
  failures: number
  /** Code of the last failure: `NOTICE_REFUSED`, `NOTICE_UNAVAILABLE`, `NOTICE_OUTCOME_UNKNOWN`. */
  lastCode: string | null
  /** HTTP status of the last failure; null: no answer. */
  lastStatus: number | null
  lastTakenAt: Date | null
}

export async function readNoticeHealth(pool: Pool): Promise<NoticeHealth> {
  const { rows } = await pool.query<NoticeHealth>(
    `SELECT failing_since AS "failingSince", failures, last_code AS "lastCode", last_status AS "lastStatus", last_taken_at AS "lastTakenAt"
     FROM notice_health`,
  )
  return rows[0]!
}

/** Adds failures of one process. Resolves with the failures in a row over all processes. */
export async function recordFailures(pool: Pool, failure: { count: number; code: string; status: number | null }): Promise<number> {
  const { rows } = await pool.query<{ failures: number }>(
    `UPDATE notice_health SET failing_since = coalesce(failing_since, clock_timestamp()), failures = failures + $1, last_code = $2, last_status = $3
     RETURNING failures`,
    [failure.count, failure.code, failure.status],
  )
  return rows[0]!.failures
}

/** Ends a row of failures. Resolves with their number. */
export async function recordTaken(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ failures: number }>(
    `UPDATE notice_health AS h SET failing_since = NULL, failures = 0, last_code = NULL, last_status = NULL, last_taken_at = clock_timestamp()
     FROM (SELECT failures FROM notice_health FOR UPDATE) AS before RETURNING before.failures`,
  )
  return rows[0]!.failures
}
