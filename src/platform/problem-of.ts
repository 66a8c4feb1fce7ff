import { AppError, UsageError } from './app-error.ts'
import { isDatabaseAway } from './postgres/database-away.ts'
import { HttpProblem } from './problem.ts'

/** What is the caller's to mend, by code; the rest is told apart by its retry class. */
const STATUS_OF: Readonly<Record<string, number>> = {
  IDEMPOTENCY_KEY_REUSED: 422,
  REF_ID_TAKEN: 409,
  PERSON_ALREADY_KNOWN: 409,
  REPLAY_STATE: 409,
  PAXOS_REJECTED: 422,
  PAXOS_REFUSED: 422,
}
const RETRY_AFTER_SECONDS = 5

/**
 * The refusal that stands for an error of a use case. Whatever may be tried again is 503 with `Retry-After`, also where the outcome
 * is unknown: repeating under the same Idempotency-Key is safe. What only an administrator can mend at Paxos is 502.
 */
export function problemOf(error: unknown): unknown {
  if (error instanceof UsageError) {
    const named = /^(\w+): (.*)$/s.exec(error.message)
    return new HttpProblem(400, error.code, error.message, named ? { errors: [{ field: named[1] ?? '', message: named[2] ?? '' }] } : {})
  }
  if (!(error instanceof AppError)) {
    if (!isDatabaseAway(error)) return error
    return new HttpProblem(503, 'SERVICE_UNAVAILABLE', 'The database does not answer. Nothing is known to be done; try again.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause: error,
    })
  }
  const status = STATUS_OF[error.code]
  if (status) return new HttpProblem(status, error.code, error.message, { cause: error })
  if (error.retry === 'never')
    return new HttpProblem(error.code.startsWith('PAXOS_') ? 502 : 500, error.code, error.message, { cause: error })
  return new HttpProblem(503, error.code, `${error.message} Try again; with the same Idempotency-Key nothing is done twice.`, {
    retryAfterSeconds: waitOf(error),
    cause: error,
  })
}

function waitOf(error: AppError): number {
  const named = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs / 1_000 : RETRY_AFTER_SECONDS
  return Math.max(1, Math.ceil(named))
}
