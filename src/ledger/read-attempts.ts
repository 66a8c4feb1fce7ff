import type { Pool } from 'pg'

/** How one attempt of an effect ended. */
export interface AttemptRecord {
  readonly step: string
  /** Which attempt of its effect, from 1. */
  readonly attemptNo: number
  readonly at: Date
  /** `accounts.create`, `notify`; null where the answer does not say. */
  readonly operation: string | null
  /** The HTTP status; null where there was no answer, or none is known. */
  readonly status: number | null
  /** Our code of the failure; null: it succeeded. */
  readonly code: string | null
  readonly problemType: string | null
  /** Known words of the answer only, so it names no person. */
  readonly detail: string | null
  readonly durationMs: number
}

/** Of one stream; a stream with more attempts shows the newest. */
const MOST_ATTEMPTS = 500
const COLUMNS = `a.step, a.attempt_no AS "attemptNo", a.at, a.operation, a.status, a.code, a.problem_type AS "problemType", a.detail,
  a.duration_ms AS "durationMs"`

/** The newest 500 attempts of a stream's effects, oldest first. */
export async function readAttempts(pool: Pool, streamId: string): Promise<AttemptRecord[]> {
  const { rows } = await pool.query<AttemptRecord>(
    `SELECT ${COLUMNS} FROM effect_attempt AS a WHERE a.stream_id = $1 ORDER BY a.at DESC, a.step DESC, a.attempt_no DESC LIMIT ${MOST_ATTEMPTS}`,
    [streamId],
  )
  return rows.reverse()
}

/** Of every effect that is refused, the last failed attempt; by stream. A stream without one is absent. */
export async function readRefusals(pool: Pool, streamIds: readonly string[]): Promise<Map<string, AttemptRecord[]>> {
  const { rows } = await pool.query<AttemptRecord & { streamId: string }>(
    `SELECT e.stream_id AS "streamId", a.* FROM effect AS e CROSS JOIN LATERAL (
       SELECT ${COLUMNS} FROM effect_attempt AS a
       WHERE a.stream_id = e.stream_id AND a.step = e.step AND a.code IS NOT NULL ORDER BY a.attempt_no DESC LIMIT 1
     ) AS a
     WHERE e.stream_id = ANY ($1::text[]) AND e.state = 'refused' ORDER BY a.at, a.step`,
    [streamIds],
  )
  const refusals = new Map<string, AttemptRecord[]>()
  for (const { streamId, ...attempt } of rows) refusals.set(streamId, [...(refusals.get(streamId) ?? []), attempt])
  return refusals
}
