import { AppError, type RetryClass } from '../platform/app-error.ts'

/** Facts of a failed call, without personal data: a text of Paxos is kept only where it cannot name a person. */
export interface PaxosFailure {
  /** The call: `accounts.create`, `token`. */
  operation: string
  /** The HTTP status; absent when there was no answer. */
  status?: number | null
  /** The problem's type URI (paxos/api.md 1.4). */
  problemType?: string | null
  /** The problem's title; for the token endpoint the OAuth error code. */
  title?: string | null
  /** The text of the problem. For calls with a person's details: only the names of the fields that the text mentions. */
  detail?: string | null
  /** Texts from the problem's `meta`: figures and ids. */
  meta?: Readonly<Record<string, string>>
  cause?: unknown
}

/**
 * Problem types by which Paxos refuses the request, not the API user (paxos/api.md 1.4). Paxos refuses the same request again until funds,
 * limits, the market or the customer change. A 403 of any other type is about our API user.
 */
export const REFUSALS: ReadonlySet<string> = new Set([
  'insufficient-funds',
  'expired',
  'rejected',
  'notional-value-too-large',
  'market-conditions-prevented-execution',
  'unavailable-market',
  'minimum-commission-exceeds-notional',
  'exceed-precision',
  'identity-verification-required',
  'travel-rule-information-required',
  'below-min-withdraw-limit',
  'exceed-max-withdraw-limit',
  'unsupported-address',
])

/** The last part of a problem's type URI. Empty for `about:blank` and for a missing type. */
export function slugOf(problemType: string | null | undefined): string {
  return /\/problems\/([a-z0-9-]+)$/.exec(problemType ?? '')?.[1] ?? ''
}

/** Base of every failure of a call to Paxos. All of them stand in this file, so that one page tells what a caller has to expect. */
export abstract class PaxosError extends AppError {
  readonly operation: string
  readonly status: number | null
  readonly problemType: string | null
  readonly title: string | null
  readonly detail: string | null
  readonly meta: Readonly<Record<string, string>>
  constructor(message: string, { operation, status, problemType, title, detail, meta, cause }: PaxosFailure) {
    const answer = status == null ? '' : ` (${[status, title].filter((part) => part != null).join(' ')})`
    super(`Paxos ${operation}${answer}: ${message}${detail ? ` ${detail}` : ''}`, cause === undefined ? undefined : { cause })
    this.operation = operation
    this.status = status ?? null
    this.problemType = problemType ?? null
    this.title = title ?? null
    this.detail = detail ?? null
    this.meta = meta ?? {}
  }
}

/**
 * 404, or a text that cannot be an id. An event may become readable a moment after its webhook (paxos/api.md 3.1, assumed), so a few more
 * attempts follow. After those the id counts as forged or as another customer's.
 */
export class PaxosNotFoundError extends PaxosError {
  readonly code = 'PAXOS_NOT_FOUND'
  readonly retry = 'backoff'
  constructor(failure: PaxosFailure) {
    super('not found, or it belongs to another client.', failure)
  }
}

/** 409: the object exists already. Read `existingId` and compare its ref_id with ours before adopting it (paxos/api.md 4.6). */
export class PaxosConflictError extends PaxosError {
  readonly code = 'PAXOS_CONFLICT'
  readonly retry = 'ask-first'
  /** `meta.existing.id`; null when the answer has none. */
  readonly existingId: string | null
  /** What collided: our ref_id, or the person (the cip_id triple). Null when the answer does not say. */
  readonly duplicate: 'ref_id' | 'person' | null
  /** `meta.existing` as Paxos sent it. Null when Paxos sent none, and for calls with a person's details. */
  readonly existing: Readonly<Record<string, unknown>> | null
  constructor(
    failure: PaxosFailure,
    {
      existingId,
      duplicate,
      existing = null,
    }: Pick<PaxosConflictError, 'existingId' | 'duplicate'> & { existing?: PaxosConflictError['existing'] },
  ) {
    super(`it already exists${existingId ? ` as ${existingId}` : ''}${duplicate ? ` (same ${duplicate})` : ''}.`, failure)
    this.existingId = existingId
    this.duplicate = duplicate
    this.existing = existing
  }
}

/**
 * Paxos refuses the request: no funds, a limit, the market, an expired quote. `problem` says which (paxos/api.md 1.4). Paxos did nothing.
 */
export class PaxosRefusedError extends PaxosError {
  readonly code = 'PAXOS_REFUSED'
  readonly retry = 'never'
  /** One of `REFUSALS`. */
  readonly problem: string
  constructor(failure: PaxosFailure) {
    super(`refused (${slugOf(failure.problemType)}).`, failure)
    this.problem = slugOf(failure.problemType)
  }
}

/** Any other 4xx: Paxos would refuse the same request again. */
export class PaxosRejectedError extends PaxosError {
  readonly code = 'PAXOS_REJECTED'
  readonly retry = 'never'
  constructor(failure: PaxosFailure) {
    super('the request was refused.', failure)
  }
}

/**
 * 403. Paxos uses it for several causes (scope, funds, disabled user): branch on `problemType` and `title`, never on the status alone. A
 * refused read is always about our API user: a scope is missing or the user is disabled. That is an outage of ours and not a fault of the
 * event. A refused write may be about the request.
 */
export class PaxosForbiddenError extends PaxosError {
  readonly code = 'PAXOS_FORBIDDEN'
  readonly retry: RetryClass
  /** For a read, milliseconds until the next try. A person must act first, so frequent tries would only spend the budget. */
  readonly retryAfterMs: number | null
  constructor(failure: PaxosFailure, { acts }: { acts: boolean }) {
    super('Forbidden. Check that the API user is enabled and has the required scopes.', failure)
    this.retry = acts ? 'never' : 'snooze'
    this.retryAfterMs = acts ? null : 60_000
  }
}

/** 401 although the token was renewed. Paxos did nothing. Credentials are being changed, or Paxos is briefly inconsistent. */
export class PaxosUnauthorizedError extends PaxosError {
  readonly code = 'PAXOS_UNAUTHORIZED'
  readonly retry = 'snooze'
  constructor(failure: PaxosFailure) {
    super('the access token was refused.', failure)
  }
}

/** 429: Paxos refuses every call from our address for a while (paxos/api.md 1.5). Paxos did nothing. */
export class PaxosThrottledError extends PaxosError {
  readonly code = 'PAXOS_THROTTLED'
  readonly retry = 'snooze'
  /** Milliseconds until Paxos accepts calls again; `null`: Paxos did not say. */
  readonly retryAfterMs: number | null
  constructor(failure: PaxosFailure, { retryAfterMs }: Pick<PaxosThrottledError, 'retryAfterMs'>) {
    super('too many requests.', failure)
    this.retryAfterMs = retryAfterMs
  }
}

/** Paxos does not answer, and did nothing: the call was a read, or a write that was certainly never sent. */
export class PaxosUnavailableError extends PaxosError {
  readonly code = 'PAXOS_UNAVAILABLE'
  readonly retry = 'snooze'
  constructor(failure: PaxosFailure) {
    super('no usable answer; Paxos did nothing.', failure)
  }
}

/** A write was sent and its answer was lost (timeout, reset, 5xx). Paxos may or may not have acted: look it up before trying again. */
export class PaxosOutcomeUnknownError extends PaxosError {
  readonly code = 'PAXOS_OUTCOME_UNKNOWN'
  readonly retry = 'ask-first'
  constructor(failure: PaxosFailure) {
    super('sent, but the answer was lost; Paxos may have acted. Look it up before a retry.', failure)
  }
}

/** An answer that contradicts the documentation: not JSON, or without a required field. Paxos may have done a write. */
export class PaxosAnswerMalformedError extends PaxosError {
  readonly code = 'PAXOS_ANSWER_MALFORMED'
  readonly retry: RetryClass
  constructor(failure: PaxosFailure & { acts: boolean; problem: string }) {
    super(`unusable answer: ${failure.problem}.`, failure)
    this.retry = failure.acts ? 'ask-first' : 'backoff'
  }
}

/** The token endpoint refuses our client id and secret, or the URL is not a token endpoint. */
export class PaxosCredentialsRefusedError extends PaxosError {
  readonly code = 'PAXOS_CREDENTIALS_REFUSED'
  readonly retry = 'snooze' // a wrongly rotated secret is an outage, not the fault of any event
  constructor(failure: PaxosFailure) {
    super('no token for these credentials. Check PAXOS_TOKEN_URL, PAXOS_CLIENT_ID and PAXOS_CLIENT_SECRET.', failure)
  }
}

/** Paxos granted our client fewer scopes than Gatehouse needs. */
export class PaxosScopeMissingError extends PaxosError {
  readonly code = 'PAXOS_SCOPE_MISSING'
  readonly retry = 'snooze' // an outage too: events go on once Paxos grants the scope
  /** Requested scopes that Paxos did not grant. All requested ones when Paxos does not say which. */
  readonly missing: readonly string[]
  constructor(failure: PaxosFailure, { missing }: Pick<PaxosScopeMissingError, 'missing'>) {
    super(`scopes not granted: ${missing.join(', ')}. Enable them for this client in the Paxos Dashboard.`, failure)
    this.missing = missing
  }
}

/** PAXOS_FEATURES leaves out the feature of this call, so its scopes are not requested. Nothing was sent. */
export class FeatureOffError extends AppError {
  readonly code = 'FEATURE_OFF'
  readonly retry = 'never'
  constructor(feature: string) {
    super(`This installation leaves out ${feature}. Add it to PAXOS_FEATURES, and grant its scopes (docs/paxos.md), then restart.`)
  }
}

/** The circuit breaker is open after repeated failures of Paxos. Nothing was sent. */
export class PaxosCircuitOpenError extends AppError {
  readonly code = 'PAXOS_CIRCUIT_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor({ name, retryAfterMs }: { name: string; retryAfterMs: number }) {
    super(`Paxos ${name} keeps failing; next call in ${retryAfterMs} ms.`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Our share of Paxos's rate limits is used up, or a 429 locked us out. Nothing was sent. */
export class BudgetExhaustedError extends AppError {
  readonly code = 'BUDGET_EXHAUSTED'
  readonly retry = 'snooze'
  readonly endpointClass: string
  readonly retryAfterMs: number
  constructor({ endpointClass, retryAfterMs }: { endpointClass: string; retryAfterMs: number }) {
    super(`The budget for Paxos's ${endpointClass} endpoints is used up; next call in ${retryAfterMs} ms.`)
    this.endpointClass = endpointClass
    this.retryAfterMs = retryAfterMs
  }
}
