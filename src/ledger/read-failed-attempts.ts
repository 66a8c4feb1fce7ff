import type { Pool } from 'pg'
import { OWNER } from './find-effects.ts'

/** Failed attempts of effects in a window, by cause. */
export interface FailedAttempts {
  readonly effectKind: string
  readonly code: string
  readonly operation: string | null
  /** The HTTP status; null: no answer. */
  readonly status: number | null
  readonly problemType: string | null
  readonly attempts: number
  /** The effects behind these attempts, by their state now. */
  readonly effects: number
  readonly doneSince: number
  readonly refused: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** The newest failed attempts of a window that are read. */
const MOST_FAILED_ATTEMPTS = 200_000
const MOST_CAUSES = 500

/** $1 and $2: the window. The order is that of the index on failed attempts. */
const FAILED = `SELECT * FROM effect_attempt WHERE code IS NOT NULL AND at >= $1 AND at < $2 ORDER BY at DESC LIMIT ${MOST_FAILED_ATTEMPTS}`

/** Failed attempts of the window by cause, most first. */
export async function readFailedAttempts(pool: Pool, { from, to }: { from: Date; to: Date }): Promise<FailedAttempts[]> {
  const effects = (condition: string): string => `count(DISTINCT (a.stream_id, a.step))${condition}::int`
  const { rows } = await pool.query<FailedAttempts>(
    `SELECT e.kind AS "effectKind", a.code, a.operation, a.status, a.problem_type AS "problemType", count(*)::int AS attempts,
       ${effects('')} AS effects, ${effects(` FILTER (WHERE e.state = 'done')`)} AS "doneSince",
       ${effects(` FILTER (WHERE e.state = 'refused')`)} AS refused, min(a.at) AS "firstAt", max(a.at) AS "lastAt"
     FROM (${FAILED}) AS a JOIN effect AS e ON e.stream_id = a.stream_id AND e.step = a.step
     GROUP BY 1, 2, 3, 4, 5 ORDER BY attempts DESC, 1, 2, 3, 4 LIMIT ${MOST_CAUSES}`,
    [from, to],
  )
  return rows
}

/** Customers of the streams with a failed attempt in the window, in the order of their ids; at most `limit`. */
export async function readCustomersOfFailures(pool: Pool, { from, to }: { from: Date; to: Date }, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT DISTINCT ${OWNER} AS id FROM (SELECT DISTINCT stream_id FROM (${FAILED}) AS a) AS e ORDER BY 1 LIMIT $3`,
    [from, to, limit],
  )
  return rows.flatMap(({ id }) => id ?? [])
}
