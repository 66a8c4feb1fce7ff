import { AppError, UsageError } from './app-error.ts'
import { isDatabaseAway } from './postgres/database-away.ts'
import { HttpProblem } from './problem.ts'

/** Statuses of errors that the caller can correct, by code. The retry class decides for other errors. */
const STATUS_OF: Readonly<Record<string, number>> = {
  IDEMPOTENCY_KEY_REUSED: 422,
  REF_ID_TAKEN: 409,
  PERSON_ALREADY_KNOWN: 409,
  MEMBERS_NOT_POSSIBLE: 422,
  MEMBERSHIP_UNKNOWN: 404,
  PERMISSION_MISSING: 403,
  OPERATOR_UNKNOWN: 404,
  OPERATOR_STATE: 409,
  SIGN_ON_FAILED: 403,
  SIGN_ON_REFUSED: 403,
  REPLAY_STATE: 409,
  EVENT_STATE: 409,
  RECONCILIATION_UNFINISHED: 409,
  CERTIFICATE_WITHHELD: 409,
  REPLAY_EXPIRED: 409,
  REPLAY_SECOND_PERSON: 409,
  PAXOS_REJECTED: 422,
  PAXOS_REFUSED: 422,
  ACCOUNT_UNKNOWN: 404,
  ACCOUNT_NOT_POSSIBLE: 422,
  MEMBER_UNKNOWN: 404,
  LAST_OWNER: 409,
  CLOSING_EXISTS: 409,
  CLOSING_UNKNOWN: 404,
  CLOSING_STATE: 409,
  DUPLICATE_STATE: 409,
  ACCOUNT_NOT_TRADABLE: 409,
  FEATURE_OFF: 409,
  NO_SUCH_INSTRUCTIONS: 404,
  INSTRUCTIONS_NOT_PAYABLE: 409,
  NO_SUCH_MARKET: 422,
  ORDER_NOT_POSSIBLE: 422,
  NO_SUCH_ORDER: 404,
  ORDER_ENDED: 409,
  NO_SUCH_QUOTE: 404,
  QUOTE_EXPIRED: 409,
  ONBOARDING_UNKNOWN: 404,
  PERSON_ERASED: 410,
  ERASURE_BLOCKED: 409,
  CHANGE_INVALID: 400,
  CONTROL_ACTIVE: 409,
  CONTROL_UNKNOWN: 404,
  CONTROL_OF_PAXOS: 409,
  DOCUMENT_TOO_LARGE: 413,
  DOCUMENT_FORMAT_UNSUPPORTED: 415,
  DOCUMENT_EMPTY: 400,
  DOCUMENT_BROKE_OFF: 400,
  DOCUMENT_LENGTH_WRONG: 400,
  DOCUMENT_IN_PROGRESS: 409,
  DOCUMENT_STORAGE_REFUSED: 502,
  DOCUMENT_ADDRESS_REFUSED: 502,
}
const RETRY_AFTER_SECONDS = 5

/** What a second try of a request does. It decides what a refusal may advise. */
export type Repeating = 'reads' | 'under-key' | 'acts-again'

const REMEDY: Readonly<Record<Repeating, string>> = {
  reads: 'Try again: reading changes nothing.',
  'under-key': 'Send it again with the same Idempotency-Key: Gatehouse does nothing twice.',
  'acts-again': 'Check what was done before you send it again.',
}
const OUTCOME_UNKNOWN = 'Gatehouse called Paxos and the answer was lost: Paxos may have acted.'
const REMEDY_OF_UNKNOWN: Readonly<Record<Repeating, string>> = {
  ...REMEDY,
  'under-key': 'Send it again with the same Idempotency-Key: Gatehouse looks the outcome up first and does nothing twice.',
}

/**
 * The refusal for an error of a use case. An error that may be retried is 503 with `Retry-After` and the remedy of its route. One that only
 * an administrator can cure at Paxos is 502.
 */
export function problemOf(error: unknown, repeating: Repeating = 'acts-again'): unknown {
  if (error instanceof UsageError) return usageProblem(error)
  if (!(error instanceof AppError)) return isDatabaseAway(error) ? databaseProblem(error, repeating) : error
  const status = STATUS_OF[error.code]
  if (status) return new HttpProblem(status, error.code, error.message, { cause: error, ...fieldsOf(error) })
  if (error.retry === 'never')
    return new HttpProblem(error.code.startsWith('PAXOS_') ? 502 : 500, error.code, error.message, { cause: error })
  const detail =
    error.retry === 'ask-first' ? `${OUTCOME_UNKNOWN} ${REMEDY_OF_UNKNOWN[repeating]}` : `${error.message} ${REMEDY[repeating]}`
  return new HttpProblem(503, error.code, detail, { retryAfterSeconds: waitOf(error), cause: error })
}

/** The wrong fields, if the error names them. */
function fieldsOf(error: AppError): { errors?: { field: string; message: string }[] } {
  if ('fields' in error && Array.isArray(error.fields)) {
    return { errors: error.fields.map((field) => ({ field: String(field), message: 'differs from the first request under this key' })) }
  }
  const named = 'errors' in error && Array.isArray(error.errors) ? (error.errors as { field: string; message: string }[]) : [] // our own errors' form
  return named.length > 0 ? { errors: named } : {}
}

function usageProblem(error: UsageError): HttpProblem {
  return new HttpProblem(400, error.code, error.message, error.wrong ? { errors: [error.wrong] } : {})
}

function databaseProblem(error: unknown, repeating: Repeating): HttpProblem {
  return new HttpProblem(503, 'SERVICE_UNAVAILABLE', `The database does not answer. ${REMEDY[repeating]}`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause: error,
  })
}

function waitOf(error: AppError): number {
  const named = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs / 1_000 : RETRY_AFTER_SECONDS
  return Math.max(1, Math.ceil(named))
}
