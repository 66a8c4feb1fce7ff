import { createHash } from 'node:crypto'
import type { Pool } from 'pg'

/** Why an event failed: what was tried, how the other side answered, and our code. Known words only, so it names no person. */
export interface FailureCause {
  /** Our code of the failure itself: of `EFFECT_REFUSED`, the code of the refusal. */
  readonly code: string
  /** `create-account`, `send-notification`; null: it failed before an effect was tried. */
  readonly effectKind: string | null
  /** `accounts.create`, `notify`; null where no call says so. */
  readonly operation: string | null
  /** The HTTP status; null where there was no answer, or none is known. */
  readonly status: number | null
  /** The problem's type URI, as Paxos sent it. */
  readonly problemType: string | null
}

/** The same for the same cause in every process, and short enough for an address and a command. */
export function causeIdOf({ effectKind, operation, status, code, problemType }: FailureCause): string {
  return createHash('sha256')
    .update(JSON.stringify([effectKind, operation, status, code, problemType]))
    .digest('hex')
    .slice(0, 12)
}

/** Causes that one process remembers as kept; there are few, and one that is forgotten is looked up again. */
const MOST_REMEMBERED = 1_000

/** Keeps causes of failures, each once, and answers with its id. Asks Postgres only about a cause that this process has not met before. */
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
 * A later event of a customer meets an effect that was refused before: it knows the code, and not how the other side answered. That is the
 * cause which the attempt itself left, and no second one.
 */
async function namedByEarlierAttempt(pool: Pool, { code, effectKind, operation }: FailureCause): Promise<string | null> {
  if (effectKind === null || operation !== null) return null
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM failure_cause WHERE code = $1 AND effect_kind = $2 AND operation IS NOT NULL ORDER BY first_seen_at DESC LIMIT 1`,
    [code, effectKind],
  )
  return rows[0]?.id ?? null
}
