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
  /** `replay` leaves a share of the budget to live calls; `live` by default. */
  priority?: Priority
  /** A read of an id that only a webhook has named. It has a quota of its own. @throws BUDGET_EXHAUSTED for `unproven` */
  unproven?: boolean
}

/**
 * What makes a second try of a write harmless: the ref_id in its body, or the reason why it needs none.
 * - `sets-a-state`: the call sets a state, so a second call changes nothing.
 * - `looked-up-first`: Paxos takes no key (paxos/api.md 7). The effect looks for its outcome before it tries again.
 */
type Once = { readonly refId: string } | 'sets-a-state' | 'looked-up-first'

type CallMethod =
  | { readonly method?: 'GET'; readonly body?: never; readonly once?: never }
  | { readonly method: 'POST' | 'PUT' | 'DELETE'; readonly body?: Readonly<Record<string, unknown>>; readonly once: Once }

type CallRequest<T> = Omit<AnswerRules<T>, 'acts' | 'operation'> &
  CallMethod & {
    operation: Operation
    /** The feature whose access token is used; onboarding's by default. `null` for endpoints without a token. */
    feature?: Feature | null
    /** Path below the API's base URL, with the query. */
    path: string
  }

/** Makes one call of the API with token, budget and breaker, and checks its answer. @throws the errors of paxos-errors.ts */
export type PaxosCall = <T>(request: CallRequest<T>, options?: CallOptions) => Promise<T>

export interface PaxosCallParts {
  http: PaxosHttp
  tokensFor: (feature: Feature) => AccessTokens
  budget: Budget
  breaker: Breaker
  signal: AbortSignal
  /** The budget class of account calls. */
  accountsClass: AccountsClass
  /** Called for every read that Paxos forbids: a person must enable the API user or grant a scope. */
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
    // The breaker is outermost, so an open circuit costs neither budget nor a token.
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

/** The request without its token, and what the reader of the answer must know. */
function messageOf<T>(request: Omit<AnswerRules<T>, 'acts'> & CallMethod, path: string): { message: HttpRequest; rules: AnswerRules<T> } {
  const { method = 'GET', body, once: _, ...rules } = request
  const payload = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const message = { method, path, headers: { accept: 'application/json', ...type }, ...payload }
  return { message, rules: { ...rules, acts: method !== 'GET' } }
}

/** Sends once more with a new token after a 401. That is safe for a write too: a 401 means that Paxos did nothing. */
async function withToken<T>(tokens: AccessTokens, send: (token: string) => Promise<T>): Promise<T> {
  const token = await tokens.get()
  try {
    return await send(token)
  } catch (error) {
    if (!(error instanceof PaxosUnauthorizedError) || !tokens.refused(token)) throw error
    return send(await tokens.get())
  }
}

/**
 * Classifies a failed call for the breaker of `server`. A refusal is an answer. Budget errors and failures of other servers tell nothing.
 */
export function verdictOn(server: 'api' | 'token'): (error: unknown) => CallVerdict {
  return (error) => {
    if (!(error instanceof PaxosError) || (error.operation === TOKEN_OPERATION) !== (server === 'token')) return 'unasked'
    return error instanceof PaxosUnavailableError || error instanceof PaxosOutcomeUnknownError ? 'out' : 'answered'
  }
}
