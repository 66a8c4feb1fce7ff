import { z } from 'zod'
import type { AppError } from '../../platform/app-error.ts'
import {
  PaxosAnswerMalformedError,
  PaxosConflictError,
  PaxosCredentialsRefusedError,
  PaxosForbiddenError,
  PaxosNotFoundError,
  PaxosRejectedError,
  PaxosScopeMissingError,
  PaxosThrottledError,
  PaxosUnauthorizedError,
  PaxosUnavailableError,
} from '../paxos-errors.ts'
import type { Breaker } from './breaker.ts'
import type { Budget } from './budget.ts'
import type { PaxosHttp } from './paxos-http.ts'

export const TOKEN_OPERATION = 'token'

export interface AccessTokens {
  /** A token that is valid for at least a minute. Callers that ask during a fetch share that one request. */
  get(): Promise<string>
  /** Drops `token`, which Paxos refused. False when a new one is no cure now: it was renewed less than 10 s ago. */
  refused(token: string): boolean
}

export interface AccessTokensOptions {
  /** A client whose base URL is the token URL. */
  http: PaxosHttp
  clientId: string
  clientSecret: string
  /** Requested scopes. A token that lacks one of them is not used. */
  scopes: readonly string[]
  budget: Budget
  breaker: Breaker
  signal: AbortSignal
  /** A monotonic clock, milliseconds. */
  now: () => number
}

/** A token is renewed this long before it expires, so that it cannot expire during a call. */
const RENEW_BEFORE_MS = 60_000
/** A refusal of credentials or scopes is remembered for this long. Paxos allows one token request a second (documented). */
const REMEMBER_REFUSAL_MS = 30_000
/** A 401 leads to a new token at most once in this time. If Paxos refuses new tokens too, a newer one is not the cure. */
const RENEW_ON_401_EVERY_MS = 10_000

/** Longer than any token that a proxy in front of an API lets through in a header. */
const LONGEST_TOKEN = 8_192
/** Characters that a header may carry. A token with a line end or a blank would spoil every call until it expires. */
const TOKEN_LETTERS = /^[\x21-\x7e]+$/
/**
 * Lifetime for an answer with a missing or senseless one: short enough to be safe, long enough for the limit of one token request a second.
 */
const SAFE_LIFETIME_SECONDS = 300
const SHORTEST_LIFETIME_SECONDS = 2
const LONGEST_LIFETIME_SECONDS = 86_400

/** Strict about the token alone: some servers write the lifetime as text, or the scopes as a list. */
const TokenAnswer = z.looseObject({
  access_token: z.string(),
  expires_in: z.coerce.number().positive().catch(SAFE_LIFETIME_SECONDS),
  scope: z
    .union([z.string(), z.array(z.string()).transform((scopes) => scopes.join(' '))])
    .nullish()
    .catch(null),
})

/** Keeps one access token for these scopes. Callers that need a new one share one request for it. */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { http, clientId, clientSecret, scopes, budget, breaker, signal, now } = options
  let held: { token: string; renewAtMs: number } | null = null
  let pending: Promise<string> | null = null
  let refusal: { error: AppError; untilMs: number } | null = null
  let renewedOn401AtMs = Number.NEGATIVE_INFINITY

  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: scopes.join(' '),
  }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }

  const request = async (): Promise<z.output<typeof TokenAnswer>> => {
    await budget.acquire('token', { priority: 'live', signal }) // live: other live calls may wait for the same token
    const rules = { operation: TOKEN_OPERATION, acts: false, mark: 'access_token', schema: TokenAnswer }
    try {
      const answer = await http.send({ method: 'POST', path: '', headers, body }, rules)
      budget.onAnswered()
      refuseUnusable(answer.access_token)
      return answer
    } catch (error) {
      if (error instanceof PaxosThrottledError) budget.onThrottled(error.retryAfterMs)
      throw asTokenError(error, scopes)
    }
  }

  const renew = async (): Promise<string> => {
    const answer = await breaker.run(request)
    // RFC 6749 5.1: an answer without a scope grants all requested scopes.
    const granted = answer.scope?.split(/\s+/) ?? scopes
    const missing = scopes.filter((scope) => !granted.includes(scope))
    if (missing.length > 0) throw new PaxosScopeMissingError({ operation: TOKEN_OPERATION }, { missing })
    const lifeMs = Math.min(Math.max(answer.expires_in, SHORTEST_LIFETIME_SECONDS), LONGEST_LIFETIME_SECONDS) * 1000
    held = { token: answer.access_token, renewAtMs: now() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2) }
    return answer.access_token
  }

  const remember = (error: unknown): never => {
    const lasting = error instanceof PaxosCredentialsRefusedError || error instanceof PaxosScopeMissingError
    if (lasting) refusal = { error, untilMs: now() + REMEMBER_REFUSAL_MS }
    throw error
  }

  return {
    async get() {
      if (held && held.renewAtMs > now()) return held.token
      if (refusal && refusal.untilMs > now()) throw refusal.error
      pending ??= renew()
        .catch(remember)
        .finally(() => {
          pending = null
        })
      return pending
    },
    refused(token) {
      if (held?.token !== token) return true // another call has replaced it already: take the new one
      if (now() - renewedOn401AtMs < RENEW_ON_401_EVERY_MS) return false
      renewedOn401AtMs = now()
      held = null
      return true
    },
  }
}

/** Checks the token when it arrives: the error then names the token, and no call fails because of it. @throws PAXOS_UNAVAILABLE */
function refuseUnusable(token: string): void {
  const problem =
    token.length > LONGEST_TOKEN
      ? `It has ${token.length} characters; at most ${LONGEST_TOKEN} fit into a header.`
      : TOKEN_LETTERS.test(token)
        ? null
        : 'It is empty, or has characters that a header cannot carry.'
  if (problem) throw new PaxosUnavailableError({ operation: TOKEN_OPERATION, detail: `The access token cannot be used. ${problem}` })
}

/**
 * The error for a refusal by the token endpoint. It never looks like an answer of the API: a 404 from a wrong token URL must not count as
 * an unknown event.
 */
function asTokenError(error: unknown, scopes: readonly string[]): unknown {
  if (error instanceof PaxosAnswerMalformedError) {
    return new PaxosUnavailableError({ operation: TOKEN_OPERATION, status: error.status, detail: 'The answer has no usable access token.' })
  }
  const leadsElsewhere = error instanceof PaxosUnavailableError && (error.status === 404 || error.status === 405)
  const refused =
    leadsElsewhere ||
    error instanceof PaxosUnauthorizedError ||
    error instanceof PaxosForbiddenError ||
    error instanceof PaxosNotFoundError ||
    error instanceof PaxosConflictError ||
    error instanceof PaxosRejectedError
  if (!refused) return error
  const { operation, status, title } = error
  return title === 'invalid_scope'
    ? new PaxosScopeMissingError({ operation, status, title }, { missing: scopes })
    : new PaxosCredentialsRefusedError({ operation, status, title })
}
