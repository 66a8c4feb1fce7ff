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

export interface CallOptions {
  /** `replay` leaves a share of the budget for live traffic; `live` by default. */
  priority?: Priority
}

interface CallRequest<T> extends Omit<AnswerRules<T>, 'acts'> {
  operation: Operation
  /** Under the API's base URL, with the query. */
  path: string
  /** Makes it a POST, a call that acts. */
  body?: Readonly<Record<string, unknown>>
}

/** Makes one call of the API: token, budget, breaker, answer. @throws the errors of paxos-errors.ts */
export type PaxosCall = <T>(request: CallRequest<T>, options?: CallOptions) => Promise<T>

export interface PaxosCallParts {
  http: PaxosHttp
  tokens: AccessTokens
  budget: Budget
  breaker: Breaker
  signal: AbortSignal
  /** The class that calls of accounts count against. */
  accountsClass: AccountsClass
  /** Told of every read that Paxos forbids: somebody must enable the API user or grant a scope. */
  onForbidden?: (error: PaxosForbiddenError) => void
}

export function createPaxosCall({ http, tokens, budget, breaker, signal, accountsClass, onForbidden }: PaxosCallParts): PaxosCall {
  return (request, { priority = 'live' } = {}) => {
    const { path, ...rules } = request
    const endpointClass = endpointClassOf(request.operation, { accountsClass })
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const attempt = async (token: string) => {
      await budget.acquire(endpointClass, { priority, signal })
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
      return body === undefined
        ? http.send({ method: 'GET', path, headers }, { ...rules, acts: false })
        : http.send({ method: 'POST', path, headers: { ...headers, 'content-type': 'application/json' }, body }, { ...rules, acts: true })
    }
    // Outermost, so that an open circuit costs neither budget nor a token.
    return breaker.run(async () => {
      const token = await tokens.get()
      try {
        const answer = await attempt(token).catch(async (error: unknown) => {
          if (!(error instanceof PaxosUnauthorizedError) || !tokens.refused(token)) throw error
          return attempt(await tokens.get()) // safe for a write too: a 401 did nothing
        })
        budget.onAnswered()
        return answer
      } catch (error) {
        if (error instanceof PaxosForbiddenError && body === undefined) onForbidden?.(error)
        if (error instanceof PaxosThrottledError) budget.onThrottled(error.retryAfterMs)
        else if (error instanceof PaxosError && error.status !== null) budget.onAnswered()
        throw error
      }
    })
  }
}

/** What a failed call tells a breaker about its own server. A refusal is an answer; budgets and other servers tell nothing. */
export function verdictOn(server: 'api' | 'token'): (error: unknown) => CallVerdict {
  return (error) => {
    if (!(error instanceof PaxosError) || (error.operation === TOKEN_OPERATION) !== (server === 'token')) return 'unasked'
    return error instanceof PaxosUnavailableError || error instanceof PaxosOutcomeUnknownError ? 'out' : 'answered'
  }
}
