import type { Pool } from 'pg'
import type { IssueState } from './read-issues.ts'

/** An operator's decision on an issue. */
export interface Treatment {
  state: IssueState
  by: string
  reason: string
  /** Only for `muted`. */
  mutedUntil: Date | null
}

/** Records the decision. A resolution stores the seq of the newest event as its watermark. False: unknown issue. */
export async function treatIssue(pool: Pool, id: string, { state, by, reason, mutedUntil }: Treatment): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE failure_cause SET treatment = $2, treated_by = $3, treated_at = clock_timestamp(), reason = $4, muted_until = $5,
       resolved_seq = CASE WHEN $2 = 'resolved' THEN (SELECT coalesce(max(seq), 0) FROM inbox_event) END
     WHERE id = $1`,
    [id, state, by, reason, mutedUntil],
  )
  return rowCount === 1
}

/** Sets note and link. Undefined leaves a value, null removes it. False: unknown issue. */
export async function annotateIssue(
  pool: Pool,
  id: string,
  { note, link }: { note?: string | null | undefined; link?: string | null | undefined },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE failure_cause SET note = CASE WHEN $2 THEN $3 ELSE note END, link = CASE WHEN $4 THEN $5 ELSE link END WHERE id = $1`,
    [id, note !== undefined, note ?? null, link !== undefined, link ?? null],
  )
  return rowCount === 1
}
