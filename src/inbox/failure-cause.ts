import { createHash } from 'node:crypto'
import type { Pool } from 'pg'

/** Why an event failed: the effect and call that were tried, the answer, and our code. It has known words only, so it names no person. */
export interface FailureCause {
  /** Our code of the failure itself; for `EFFECT_REFUSED` the code of the refusal. */
  readonly code: string
  /** `create-account`, `send-notification`; null: the event failed before any effect. */
  readonly effectKind: string | null
  /** `accounts.create`, `notify`; null: no call is known. */
  readonly operation: string | null
  /** The HTTP status; null: no answer, or unknown. */
  readonly status: number | null
  /** The problem's type URI, as Paxos sent it. */
  readonly problemType: string | null
}

/** The cause's id: equal in every process, and short enough for a URL and a command line. */
export function causeIdOf({ effectKind, operation, status, code, problemType }: FailureCause): string {
  return createHash('sha256')
    .update(JSON.stringify([effectKind, operation, status, code, problemType]))
    .digest('hex')
    .slice(0, 12)
}

/** The causes of these events' failures, by event id. An event without a known cause is absent. */
export async function readCausesOf(pool: Pool, eventIds: readonly string[]): Promise<Map<string, FailureCause>> {
  const { rows } = await pool.query<FailureCause & { eventId: string }>(
    `SELECT e.event_id AS "eventId", c.code, c.effect_kind AS "effectKind", c.operation, c.status, c.problem_type AS "problemType"
     FROM inbox_event AS e JOIN failure_cause AS c ON c.id = e.cause_id WHERE e.event_id = ANY ($1::text[])`,
    [eventIds],
  )
  return new Map(rows.map(({ eventId, ...cause }) => [eventId, cause]))
}

/** Stored causes that one process remembers. A forgotten one is looked up again. */
const MOST_REMEMBERED = 1_000

/** Stores each cause of failures once and returns its id. It queries Postgres only for a cause that this process has not met before. */
export function createCauseBook(pool: Pool): (cause: FailureCause) => Promise<string> {
  const kept = new Map<string, string>()
  return async (cause) => {
    const id = causeIdOf(cause)
    const known = kept.get(id)
    if (known !== undefined) return known
    const stored = (await namedByEarlierAttempt(pool, cause)) ?? (await insertCause(pool, id, cause))
    if (kept.size >= MOST_REMEMBERED) kept.clear()
    kept.set(id, stored)
    return stored
  }
}

async function insertCause(pool: Pool, id: string, { code, effectKind, operation, status, problemType }: FailureCause): Promise<string> {
  await pool.query(
    `INSERT INTO failure_cause (id, code, effect_kind, operation, status, problem_type) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
    [id, code, effectKind, operation, status, problemType],
  )
  return id
}

/**
 * A later event that meets a refused effect knows its code, not the answer behind it. It takes the cause of the attempt that was refused
 * instead of creating a second one.
 */
async function namedByEarlierAttempt(pool: Pool, { code, effectKind, operation }: FailureCause): Promise<string | null> {
  if (effectKind === null || operation !== null) return null
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM failure_cause WHERE code = $1 AND effect_kind = $2 AND operation IS NOT NULL ORDER BY first_seen_at DESC LIMIT 1`,
    [code, effectKind],
  )
  return rows[0]?.id ?? null
}
