import type { HttpRequest } from '../../platform/http-exchange.ts'
import {
  PaxosError,
  PaxosForbiddenError,
  PaxosOutcomeUnknownError,
  PaxosThrottledError,
  PaxosUnauthorizedError,
  PaxosUnavailableError,
} from '../paxos-errors.ts'
import { type AccessTokens, TOKEN_OPERATION } from './access-token.ts'
import type { Breaker, CallVerdict } from './breaker.ts'
import type { Budget } from './budget.ts'
import type { Priority } from './budget-state.ts'
import { type AccountsClass, endpointClassOf, type Operation } from './endpoint-class.ts'
import type { AnswerRules } from './paxos-answer.ts'
import type { PaxosHttp } from './paxos-http.ts'
import type { Feature } from './scopes.ts'

export interface CallOptions {
  /** `replay` leaves a share of the budget for live traffic; `live` by default. */
  priority?: Priority
  /** A read of an id that only a webhook has named: within a quota of its own. @throws BUDGET_EXHAUSTED for `unproven` */
  unproven?: boolean
}

/**
 * What makes a second try of a write harmless: the ref_id that stands in its body, or the reason why it needs none. `sets-a-state`: the
 * call says how things shall be, so twice is once. `looked-up-first`: Paxos takes no key, and the effect's look-up tells (paxos/api.md 7).
 */
type Once = { readonly refId: string } | 'sets-a-state' | 'looked-up-first'

type CallMethod =
  | { readonly method?: 'GET'; readonly body?: never; readonly once?: never }
  | { readonly method: 'POST' | 'PUT' | 'DELETE'; readonly body?: Readonly<Record<string, unknown>>; readonly once: Once }

type CallRequest<T> = Omit<AnswerRules<T>, 'acts' | 'operation'> &
  CallMethod & {
    operation: Operation
    /** Whose access token it uses; `null` for the endpoints that Paxos serves without one. Onboarding's unless told. */
    feature?: Feature | null
    /** Under the API's base URL, with the query. */
    path: string
  }

/** Makes one call of the API: token, budget, breaker, answer. @throws the errors of paxos-errors.ts */
export type PaxosCall = <T>(request: CallRequest<T>, options?: CallOptions) => Promise<T>

export interface PaxosCallParts {
  http: PaxosHttp
  tokensFor: (feature: Feature) => AccessTokens
  budget: Budget
  breaker: Breaker
  signal: AbortSignal
  /** The class that calls of accounts count against. */
  accountsClass: AccountsClass
  /** Told of every read that Paxos forbids: somebody must enable the API user or grant a scope. */
  onForbidden?: (error: PaxosForbiddenError) => void
}

export function createPaxosCall({ http, tokensFor, budget, breaker, signal, accountsClass, onForbidden }: PaxosCallParts): PaxosCall {
  return (request, { priority = 'live', unproven = false } = {}) => {
    const { path, feature = 'onboarding', ...rest } = request
    const endpointClass = endpointClassOf(request.operation, { accountsClass })
    const { message, rules } = messageOf(rest, path)
    const send = async (token: string | null) => {
      if (unproven) await budget.acquire('unproven', { priority, signal, patience: 'none' })
      await budget.acquire(endpointClass, { priority, signal, patience: rules.acts ? 'long' : 'short' })
      const headers = token === null ? message.headers : { ...message.headers, authorization: `Bearer ${token}` }
      return http.send({ ...message, headers }, rules)
    }
    // Outermost, so that an open circuit costs neither budget nor a token.
    return breaker.run(async () => {
      try {
        const answer = await (feature === null ? send(null) : withToken(tokensFor(feature), send))
        budget.onAnswered()
        return answer
      } catch (error) {
        if (error instanceof PaxosForbiddenError && !rules.acts) onForbidden?.(error)
        if (error instanceof PaxosThrottledError) budget.onThrottled(error.retryAfterMs)
        else if (error instanceof PaxosError && error.status !== null) budget.onAnswered()
        throw error
      }
    })
  }
}

/** The request as it goes out, but for its token, and what must be known to read the answer. */
function messageOf<T>(request: Omit<AnswerRules<T>, 'acts'> & CallMethod, path: string): { message: HttpRequest; rules: AnswerRules<T> } {
  const { method = 'GET', body, once: _, ...rules } = request
  const payload = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const message = { method, path, headers: { accept: 'application/json', ...type }, ...payload }
  return { message, rules: { ...rules, acts: method !== 'GET' } }
}

/** Once more with a new token after a 401: safe for a write too, because a 401 did nothing. */
async function withToken<T>(tokens: AccessTokens, send: (token: string) => Promise<T>): Promise<T> {
  const token = await tokens.get()
  try {
    return await send(token)
  } catch (error) {
    if (!(error instanceof PaxosUnauthorizedError) || !tokens.refused(token)) throw error
    return send(await tokens.get())
  }
}

/** What a failed call tells a breaker about its own server. A refusal is an answer; budgets and other servers tell nothing. */
export function verdictOn(server: 'api' | 'token'): (error: unknown) => CallVerdict {
  return (error) => {
    if (!(error instanceof PaxosError) || (error.operation === TOKEN_OPERATION) !== (server === 'token')) return 'unasked'
    return error instanceof PaxosUnavailableError || error instanceof PaxosOutcomeUnknownError ? 'out' : 'answered'
  }
}
