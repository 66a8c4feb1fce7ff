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
  /** A token that is good for a while; all who ask while one is fetched share that one request. */
  get(): Promise<string>
  /** Paxos refused `token`. False when asking for another one makes no sense now. */
  refused(token: string): boolean
}

export interface AccessTokensOptions {
  /** Its base URL is the token URL itself. */
  http: PaxosHttp
  clientId: string
  clientSecret: string
  /** Asked for; a token that lacks one of them is not used. */
  scopes: readonly string[]
  budget: Budget
  breaker: Breaker
  signal: AbortSignal
  /** Milliseconds of a clock that never goes back. */
  now: () => number
}

/** Renewed so long before it expires that no call sets out with a token that ends on the way. */
const RENEW_BEFORE_MS = 60_000
/** Refused credentials or scopes stay refused for so long without asking again: one request/s is all we may (documented). */
const REMEMBER_REFUSAL_MS = 30_000
/** A 401 leads to a new token at most so often: if new tokens are refused too, a newer one is not the cure. */
const RENEW_ON_401_EVERY_MS = 10_000

/** Longer than any token that a server in front of an API lets through in a header. */
const LONGEST_TOKEN = 8_192
/** What a header may carry: a token with a line end or a blank would spoil every call until it expires. */
const TOKEN_LETTERS = /^[\x21-\x7e]+$/
/** For a lifetime that is missing or makes no sense: short enough to be true, long enough for one token request per second. */
const SAFE_LIFETIME_SECONDS = 300
const SHORTEST_LIFETIME_SECONDS = 2
const LONGEST_LIFETIME_SECONDS = 86_400

/** Strict about the token alone. Some servers write the lifetime as text, or the scopes as a list. */
const TokenAnswer = z.looseObject({
  access_token: z.string(),
  expires_in: z.coerce.number().positive().catch(SAFE_LIFETIME_SECONDS),
  scope: z
    .union([z.string(), z.array(z.string()).transform((scopes) => scopes.join(' '))])
    .nullish()
    .catch(null),
})

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
    await budget.acquire('token', { priority: 'live', signal }) // whoever waits for it, live calls do too
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
    // RFC 6749 5.1: no scope in the answer means all that was asked for.
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
      if (held?.token !== token) return true // somebody else has dropped it already: take the new one
      if (now() - renewedOn401AtMs < RENEW_ON_401_EVERY_MS) return false
      renewedOn401AtMs = now()
      held = null
      return true
    },
  }
}

/** Checks the token when it arrives, so that the message names it and no call meets it. @throws PAXOS_UNAVAILABLE */
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
 * What a refusal by the token endpoint means. None may look like an answer of the API: a 404 from a wrong token URL must not
 * be taken for an unknown event.
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
