import { Histogram, type Registry } from 'prom-client'
import type { AddressPolicy } from '../platform/address-policy.ts'
import type { Logger } from '../platform/logger.ts'
import { type AccountsOfPaxos, accountsOfPaxos } from './accounts.ts'
import { type BalancesOfPaxos, balancesOfPaxos } from './balances.ts'
import { type ControlsOfPaxos, controlsOfPaxos } from './controls.ts'
import { type DepositsOfPaxos, depositsOfPaxos } from './deposits.ts'
import { createDocumentStorage } from './document-storage.ts'
import { type DocumentsOfPaxos, documentsOfPaxos } from './documents.ts'
import { type EventsOfPaxos, eventsOfPaxos } from './events.ts'
import { type ExecutionsOfPaxos, executionsOfPaxos } from './executions.ts'
import { type IdentitiesOfPaxos, identitiesOfPaxos } from './identities.ts'
import { type InstitutionMembersOfPaxos, institutionMembersOfPaxos } from './institution-members.ts'
import { type MarketsOfPaxos, marketsOfPaxos } from './markets.ts'
import { type OrdersOfPaxos, ordersOfPaxos } from './orders.ts'
import { FeatureOffError, type PaxosForbiddenError, PaxosScopeMissingError, PaxosUnavailableError } from './paxos-errors.ts'
import { type ProfilesOfPaxos, profilesOfPaxos } from './profiles.ts'
import { type QuoteExecutionsOfPaxos, quoteExecutionsOfPaxos } from './quote-executions.ts'
import { type QuotesOfPaxos, quotesOfPaxos } from './quotes.ts'
import { type TransfersOfPaxos, transfersOfPaxos } from './transfers.ts'
import { type AccessTokens, createAccessTokens } from './transport/access-token.ts'
import { createBreaker } from './transport/breaker.ts'
import type { Budget } from './transport/budget.ts'
import { type AccountsClass, endpointClassOf, type Operation } from './transport/endpoint-class.ts'
import { type CallOptions, createPaxosCall, verdictOn } from './transport/paxos-call.ts'
import { createPaxosHttp } from './transport/paxos-http.ts'
import { ALL_FEATURES, type Feature, SCOPES } from './transport/scopes.ts'
import type { Circuit, CircuitChange } from './upstream-contact.ts'

/**
 * The client for Paxos. Every call has a timeout, waits for the budget, and stands behind the circuit breaker. Every answer is checked.
 * Every failure is an error of paxos-errors.ts that says whether to retry.
 */
export interface PaxosClient {
  events: EventsOfPaxos
  identities: IdentitiesOfPaxos
  controls: ControlsOfPaxos
  institutionMembers: InstitutionMembersOfPaxos
  accounts: AccountsOfPaxos
  profiles: ProfilesOfPaxos
  balances: BalancesOfPaxos
  markets: MarketsOfPaxos
  orders: OrdersOfPaxos
  executions: ExecutionsOfPaxos
  quotes: QuotesOfPaxos
  quoteExecutions: QuoteExecutionsOfPaxos
  transfers: TransfersOfPaxos
  deposits: DepositsOfPaxos
  documents: DocumentsOfPaxos
  /** Resolves unless the budget certainly has no room for this call within 20 s; takes no permit. @throws BUDGET_EXHAUSTED, SERVICE_UNAVAILABLE */
  room(operation: Operation, options?: CallOptions): Promise<void>
  /** @throws FEATURE_OFF for a feature that this installation leaves out */
  requireFeature(feature: Feature): void
  /** Requests a token for each configured feature and returns the scopes that Paxos did not grant. Rejects with any other PaxosError. */
  missingScopes(): Promise<readonly MissingScopes[]>
  /** Rejects calls that wait for the budget, lets sent calls end (one timeout at most), then closes the connections. */
  close(): Promise<void>
}

/** A feature that is unusable until Paxos grants these scopes. */
export interface MissingScopes {
  feature: Feature
  scopes: readonly string[]
}

export interface PaxosClientOptions {
  /** Including `/v2`. */
  apiUrl: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  /** Timeout of one HTTP request: connection, headers and body together. */
  timeoutMs: number
  budget: Budget
  /** The budget class of account calls. The default `identity` is the safe one. */
  accountsClass?: AccountsClass
  /** Features that may be used besides onboarding; all by default. */
  features?: readonly Feature[]
  /** Called at each change of a circuit breaker. */
  onCircuit?: (circuit: Circuit, change: CircuitChange) => void
  logger: Logger
  /** Receives `gatehouse_paxos_request_seconds`, so a registry takes one client. */
  metrics: Registry
  /** Most open connections to the API; 50 by default, as many as a worker has jobs. */
  connections?: number
  /** Addresses that Paxos may have. */
  outgoing: AddressPolicy
  /** A monotonic clock, milliseconds. */
  now?: () => number
}

/** Every event meets the same refusal, and one log line a minute is enough. */
const SAY_FORBIDDEN_EVERY_MS = 60_000

/** The client of Paxos: connections, tokens, budget and breakers once, and the calls of each resource on top. One list, so that all of them share these. */
export function createPaxosClient(options: PaxosClientOptions): PaxosClient {
  const {
    apiUrl,
    tokenUrl,
    clientId,
    clientSecret,
    timeoutMs,
    budget,
    accountsClass = 'identity',
    features = ALL_FEATURES,
    onCircuit,
    logger,
    metrics,
    connections = 50,
    outgoing,
    now = () => performance.now(),
  } = options
  const closing = new AbortController()
  const { signal } = closing
  let closed: Promise<void> | null = null
  const seconds = new Histogram({
    name: 'gatehouse_paxos_request_seconds',
    help: 'Time of one HTTP request to Paxos, by operation and outcome (ok, or the code of docs/errors.md)',
    labelNames: ['operation', 'outcome'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  })
  const breakerFor = (name: 'api' | 'token') => ({
    name,
    now,
    verdict: verdictOn(name),
    onChange: (openForMs: number | null, error?: unknown) => {
      onCircuit?.(name, openForMs === null ? null : { openForMs, error })
      if (openForMs === null) logger.info({ circuit: name }, 'Paxos answers again')
      else logger.warn({ circuit: name, openForMs }, 'Paxos keeps failing: calls paused')
    },
  })

  let saidForbiddenAtMs = Number.NEGATIVE_INFINITY
  const onForbidden = ({ operation, detail }: PaxosForbiddenError): void => {
    if (now() - saidForbiddenAtMs < SAY_FORBIDDEN_EVERY_MS) return
    saidForbiddenAtMs = now()
    logger.error({ operation, detail }, 'Paxos forbids reads: enable the API user, or grant its scopes; events wait and spend no attempt')
  }

  const http = createPaxosHttp({ baseUrl: apiUrl, timeoutMs, connections, outgoing, seconds })
  const storage = createDocumentStorage({ apiUrl, outgoing })
  const tokenHttp = createPaxosHttp({ baseUrl: tokenUrl, timeoutMs, connections: 1, outgoing, seconds })
  // All waiting calls share one token request, so three failures in a row are enough to open the circuit.
  const tokenBreaker = createBreaker({ ...breakerFor('token'), failuresInARow: 3 })
  const tokensOf = (scopes: readonly string[]): AccessTokens =>
    createAccessTokens({ http: tokenHttp, clientId, clientSecret, scopes, budget, breaker: tokenBreaker, signal, now })
  const tokens = new Map<Feature, AccessTokens>()
  const requireFeature = (feature: Feature): void => {
    if (feature !== 'onboarding' && !features.includes(feature)) throw new FeatureOffError(feature)
  }
  const tokensFor = (feature: Feature): AccessTokens => {
    requireFeature(feature)
    const known = tokens.get(feature) ?? tokensOf(SCOPES[feature])
    tokens.set(feature, known)
    return known
  }
  const call = createPaxosCall({ http, tokensFor, budget, breaker: createBreaker(breakerFor('api')), signal, accountsClass, onForbidden })

  return {
    events: eventsOfPaxos(call),
    identities: identitiesOfPaxos(call),
    controls: controlsOfPaxos(call),
    institutionMembers: institutionMembersOfPaxos(call),
    accounts: accountsOfPaxos(call),
    profiles: profilesOfPaxos(call),
    balances: balancesOfPaxos(call),
    markets: marketsOfPaxos(call),
    orders: ordersOfPaxos(call),
    executions: executionsOfPaxos(call),
    quotes: quotesOfPaxos(call),
    quoteExecutions: quoteExecutionsOfPaxos(call),
    transfers: transfersOfPaxos(call),
    deposits: depositsOfPaxos(call),
    documents: documentsOfPaxos(call, storage.upload),
    room: (operation, { priority = 'live' } = {}) =>
      budget.room(endpointClassOf(operation, { accountsClass }), { priority, patience: 'long' }),
    requireFeature,
    missingScopes: async () => {
      const missing: MissingScopes[] = []
      for (const feature of ALL_FEATURES) {
        if (feature !== 'onboarding' && !features.includes(feature)) continue
        if (await isGranted(tokensFor(feature))) continue
        // Paxos refuses all scopes together (invalid_scope). Requests for single scopes show which is missing.
        const scopes: string[] = []
        for (const scope of SCOPES[feature]) if (!(await isGranted(tokensOf([scope])))) scopes.push(scope)
        missing.push({ feature, scopes })
      }
      return missing
    },
    close() {
      closing.abort(new PaxosUnavailableError({ operation: 'close', detail: 'The client is closing.' }))
      closed ??= Promise.all([http.close(), tokenHttp.close(), storage.close()]).then(() => undefined)
      return closed
    },
  }
}

/** Rejects with any PaxosError except the missing scope. */
async function isGranted(tokens: AccessTokens): Promise<boolean> {
  try {
    await tokens.get()
    return true
  } catch (error) {
    if (error instanceof PaxosScopeMissingError) return false
    throw error
  }
}
