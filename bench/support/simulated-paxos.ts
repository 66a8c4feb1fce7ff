import { accountsOfPaxos } from '../../src/paxos/accounts.ts'
import { eventsOfPaxos } from '../../src/paxos/events.ts'
import { identitiesOfPaxos } from '../../src/paxos/identities.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBreaker } from '../../src/paxos/transport/breaker.ts'
import type { Budget } from '../../src/paxos/transport/budget.ts'
import { type AccountsClass, endpointClassOf } from '../../src/paxos/transport/endpoint-class.ts'
import { readAnswer } from '../../src/paxos/transport/paxos-answer.ts'
import { createPaxosCall, verdictOn } from '../../src/paxos/transport/paxos-call.ts'
import type { PaxosHttp } from '../../src/paxos/transport/paxos-http.ts'
import { sleepByClock } from './sleep-by-clock.ts'
import type { StubPaxos } from './stub-paxos.ts'

export interface SimulatedPaxosOptions {
  stub: StubPaxos
  budget: Budget
  /** Milliseconds of the clock that `setTimeout` uses. */
  now: () => number
  latencyMs: number
  /** As `PAXOS_ACCOUNTS_CLASS`. */
  accountsClass: AccountsClass
  /** Called for each call when it is made. A status that it returns is the answer, and the stub does not see the call. */
  onCall: (operation: string) => number | undefined
}

/** The real client of one process on a simulated clock; token and wire are replaced. */
export function connectSimulatedPaxos({ stub, budget, now, latencyMs, accountsClass, onCall }: SimulatedPaxosOptions): PaxosClient {
  const http: PaxosHttp = {
    send: async ({ method, path, body }, rules) => {
      const refusal = onCall(rules.operation)
      await sleepByClock(latencyMs)
      if (refusal !== undefined) return readAnswer({ status: refusal, headers: {}, text: '' }, rules, body)
      const { status, body: text } = stub.answer(method, `/v2${path}`, body ?? '')
      return readAnswer({ status, headers: {}, text }, rules, body)
    },
    close: async () => {},
  }
  const { signal } = new AbortController()
  const tokens = { get: async () => 'an-invented-token', refused: () => true }
  const breaker = createBreaker({ name: 'api', now, verdict: verdictOn('api'), onChange: () => {} })
  const call = createPaxosCall({ http, tokensFor: () => tokens, budget, breaker, signal, accountsClass })
  const room: PaxosClient['room'] = (operation, { priority = 'live' } = {}) =>
    budget.room(endpointClassOf(operation, { accountsClass }), { priority, patience: 'long' })
  return { events: eventsOfPaxos(call), identities: identitiesOfPaxos(call), accounts: accountsOfPaxos(call), room } as PaxosClient
}
