import type { Pool } from 'pg'

/** One attempt of an effect and its end. */
export interface AttemptRecord {
  readonly step: string
  /** Number of the attempt within its effect, from 1. */
  readonly attemptNo: number
  readonly at: Date
  /** `accounts.create`, `notify`; null: unknown. */
  readonly operation: string | null
  /** The HTTP status; null: no answer, or unknown. */
  readonly status: number | null
  /** Our code of the failure; null: success. */
  readonly code: string | null
  readonly problemType: string | null
  /** Only known words of the answer, so it names no person. */
  readonly detail: string | null
  readonly durationMs: number
}

/** Most attempts shown of one stream: the newest. */
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

/** The last failed attempt of an effect that is refused. */
export interface Refusal {
  readonly effectKind: string
  readonly attempt: AttemptRecord
}

/** The last failed attempt of each refused effect, by stream. A stream without one is absent. */
export async function readRefusals(pool: Pool, streamIds: readonly string[]): Promise<Map<string, Refusal[]>> {
  const { rows } = await pool.query<AttemptRecord & { streamId: string; effectKind: string }>(
    `SELECT e.stream_id AS "streamId", e.kind AS "effectKind", a.* FROM effect AS e CROSS JOIN LATERAL (
       SELECT ${COLUMNS} FROM effect_attempt AS a
       WHERE a.stream_id = e.stream_id AND a.step = e.step AND a.code IS NOT NULL ORDER BY a.attempt_no DESC LIMIT 1
     ) AS a
     WHERE e.stream_id = ANY ($1::text[]) AND e.state = 'refused' ORDER BY a.at, a.step`,
    [streamIds],
  )
  const refusals = new Map<string, Refusal[]>()
  for (const { streamId, effectKind, ...attempt } of rows)
    refusals.set(streamId, [...(refusals.get(streamId) ?? []), { effectKind, attempt }])
  return refusals
}
