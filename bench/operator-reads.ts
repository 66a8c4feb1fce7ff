/**
 * Measures the response times of operators' reads on a database that bench/seed-scale.ts has filled: every list with every filter, search, a
 * timeline and the home page, over HTTP.
 *
 *   DATABASE_URL=postgres://… node bench/operator-reads.ts [--runs 40] [--only <part of a name>] [--limit-ms 0] [--json]
 *
 * It makes each request --runs times with different ids and times, after three unmeasured ones. Exit code 1 if the p95 of a request is
 * above --limit-ms. The first request reads nothing: its time is the noise of the machine. `cpu` is the CPU time of this process, client and
 * server together, per request. The only possible write is the inbox's count, which is folded as it grows.
 */

import { createHash } from 'node:crypto'
import { createHistogram } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Registry } from 'prom-client'
import { serveOperator } from '../src/compose/serve-operator.ts'
import { NO_ALERTS } from '../src/operate/alerts/alerts.ts'
import { createUseCases, type UseCaseParts } from '../src/operate/create-use-cases.ts'
import { createBudget } from '../src/paxos/transport/budget.ts'
import { createPostgresBudgetStore } from '../src/paxos/transport/budget-store.ts'
import { DOCUMENTED_LIMITS } from '../src/paxos/transport/endpoint-class.ts'
import { createUpstreamPace } from '../src/paxos/upstream-pace.ts'
import { createHttpServer } from '../src/platform/http-server.ts'
import { createLogger } from '../src/platform/logger.ts'
import { encodeCursor } from '../src/platform/page.ts'
import { createPool } from '../src/platform/postgres/postgres.ts'

const TOKEN = 'an-invented-operator-token'
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
    'limit-ms': { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const connectionString = process.env.DATABASE_URL
if (!connectionString) throw new Error('set DATABASE_URL to a database that bench/seed-scale.ts has filled')

const pool = createPool({ connectionString, max: 8, applicationName: 'bench', statementTimeoutMs: 15_000 })
const refuse = async (): Promise<never> => {
  throw new Error('this measures reads')
}
const useCases = createUseCases({
  pool,
  queue: {
    counts: async () => ({ waiting: 0, active: 0, delayed: 0, paused: false }),
    paused: refuse,
    pause: refuse,
    resume: refuse,
    evictionPolicy: refuse,
  },
  roster: { live: async () => [] },
  world: { queue: 'Postgres', upstream: null, simulated: true },
  sweepEverySeconds: null,
  askPaxos: refuse,
  missingScopes: async () => [],
  trading: {} as UseCaseParts['trading'], // none of it is measured
  requests: {} as UseCaseParts['requests'],
  accounts: {} as UseCaseParts['accounts'],
  identityChanges: {} as UseCaseParts['identityChanges'],
  documents: {} as UseCaseParts['documents'],
  members: {} as UseCaseParts['members'],
  vault: {} as UseCaseParts['vault'],
  alerts: NO_ALERTS,
  erasure: {} as UseCaseParts['erasure'],
  now: Date.now,
  pace: createUpstreamPace(createBudget({ limits: DOCUMENTED_LIMITS, store: createPostgresBudgetStore({ pool }) })),
  actions: {
    createOnboarding: refuse,
    findCommand: refuse,
    planReplay: refuse,
    continuePlan: refuse,
    planNewSince: refuse,
    approveReplay: refuse,
    steerReplay: refuse,
    getReplay: refuse,
    rebuildQueue: refuse,
    sendTestNotice: refuse,
  },
})
const app = await createHttpServer({
  logger: createLogger({ level: 'silent' }),
  bodyLimitBytes: 100_000,
  metrics: new Registry(),
  readiness: [],
})
await serveOperator(app, useCases, { token: TOKEN, now: Date.now })
const url = await app.listen({ host: '127.0.0.1', port: 0 })

const { rows } = await pool.query<{ events: string; people: string; first: Date; last: Date }>(
  `SELECT (SELECT max(seq) FROM inbox_event) AS events, (SELECT max(ref_id) FROM onboarding WHERE ref_id LIKE 'customer-%') AS people,
    (SELECT received_at FROM inbox_event ORDER BY seq LIMIT 1) AS first, (SELECT received_at FROM inbox_event ORDER BY seq DESC LIMIT 1) AS last`,
)
const { first, last } = rows[0]!
const events = Number(rows[0]!.events)
const people = Number(rows[0]!.people.slice('customer-'.length))

const anyOf = (count: number): number => 1 + Math.floor(Math.random() * count)
const uuid = (word: string, number: number): string =>
  createHash('md5')
    .update(`${word}${number}`)
    .digest('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
const ref = (number: number): string => `customer-${String(number).padStart(9, '0')}`
const moment = (): Date => new Date(first.getTime() + Math.random() * (last.getTime() - first.getTime()))
const later = (at: Date, hours: number): string => new Date(at.getTime() + hours * 3_600_000).toISOString()
const day = (): string => {
  const from = moment()
  return `from=${from.toISOString()}&to=${later(from, 24)}`
}

/** Each request as operators make it. The part after `GET ` is new for every run. */
const REQUESTS: Record<string, () => string> = {
  'nothing, for comparison': () => '/health/live',
  'home page': () => '/',
  'audit page': () => '/audit',
  stats: () => '/v1/stats',
  audit: () => '/v1/audit',
  replays: () => '/v1/replays',
  timeline: () => `/v1/onboardings/${uuid('identity', anyOf(people))}`,
  'one event': () => `/v1/events/${uuid('event', anyOf(events))}`,
  onboardings: () => '/v1/onboardings',
  'onboardings, 200': () => '/v1/onboardings?limit=200',
  'onboardings, deep': () => `/v1/onboardings?cursor=${encodeCursor(['createdAt', moment().toISOString(), uuid('identity', 1)])}`,
  ...Object.fromEntries(
    ['pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'held'].map((state) => [
      `onboardings, ${state}`,
      () => `/v1/onboardings?state=${state}`,
    ]),
  ),
  'onboardings, ready, deep': () =>
    `/v1/onboardings?state=ready&cursor=${encodeCursor(['updatedAt', moment().toISOString(), uuid('identity', 1)])}`,
  'search identity': () => `/v1/onboardings?q=${uuid('identity', anyOf(people))}`,
  'search identity, 8 digits': () => `/v1/onboardings?q=${uuid('identity', anyOf(people)).slice(0, 8)}`,
  'search identity, 4 digits': () => `/v1/onboardings?q=${uuid('identity', anyOf(people)).slice(0, 4)}`,
  'search identity, 3 digits': () => `/v1/onboardings?q=${uuid('identity', anyOf(people)).slice(0, 3)}`,
  'search identity, 2 digits': () => `/v1/onboardings?q=${uuid('identity', anyOf(people)).slice(0, 2)}`,
  'search identity, 1 digit': () => `/v1/onboardings?q=${uuid('identity', anyOf(people)).slice(0, 1)}`,
  'search account': () => `/v1/onboardings?q=${uuid('account', anyOf(people))}`,
  'search event': () => `/v1/onboardings?q=${uuid('event', anyOf(events))}`,
  'search ref': () => `/v1/onboardings?q=${ref(anyOf(people))}`,
  'search ref, its beginning': () => `/v1/onboardings?q=${ref(anyOf(people)).slice(0, -3)}`,
  'search ref, shared by 100,000': () => `/v1/onboardings?q=${ref(anyOf(people)).slice(0, -5)}`,
  'search ref, shared by all': () => '/v1/onboardings?q=customer-',
  'search nothing': () => '/v1/onboardings?q=nobody-has-this',
  'search nothing, ready': () => '/v1/onboardings?state=ready&q=nobody-has-this',
  'search ref, ready': () => `/v1/onboardings?state=ready&q=${ref(anyOf(people)).slice(0, -4)}`,
  'search ref of all, held': () => '/v1/onboardings?state=held&q=customer-',
  events: () => '/v1/events',
  'events, 200': () => '/v1/events?limit=200',
  'events, deep': () => `/v1/events?cursor=${encodeCursor([String(anyOf(events))])}`,
  ...Object.fromEntries(
    ['accepted', 'processed', 'parked', 'dead', 'test'].map((state) => [`events, ${state}`, () => `/v1/events?state=${state}`]),
  ),
  'events, accepted, deep': () => `/v1/events?state=accepted&cursor=${encodeCursor([String(anyOf(events))])}`,
  'events, common type': () => '/v1/events?type=identity.approved',
  'events, rare type': () => '/v1/events?type=identity.rare',
  'events, unknown type': () => '/v1/events?type=identity.nothing',
  'events, rare type, processed': () => '/v1/events?type=identity.rare&state=processed',
  'events, type, parked': () => '/v1/events?type=identity.kyc_refresh&state=parked',
  'events, type never parked': () => '/v1/events?type=identity.rare&state=parked',
  'events, of an identity': () => `/v1/events?identityId=${uuid('identity', anyOf(people))}`,
  'events of an unknown identity': () => `/v1/events?identityId=${uuid('nobody', anyOf(people))}`,
  'events, of an identity, dead': () => `/v1/events?state=dead&identityId=${uuid('identity', anyOf(people))}`,
  'events, one day': () => `/v1/events?${day()}`,
  'events, since': () => `/v1/events?from=${moment().toISOString()}`,
  'events, until': () => `/v1/events?to=${moment().toISOString()}`,
  'events, before the first': () => `/v1/events?to=${later(first, -1)}`,
  'events, after the last': () => `/v1/events?from=${later(last, 24)}`,
  'events, one day, rare type': () => `/v1/events?type=identity.rare&${day()}`,
  'events, one day, parked': () => `/v1/events?state=parked&${day()}`,
  'events, one day, test': () => `/v1/events?state=test&${day()}`,
}

const login = await app.inject({
  method: 'POST',
  url: '/login',
  headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
  payload: `name=bench&token=${TOKEN}`,
})
const headers = { authorization: `Bearer ${TOKEN}`, cookie: String(login.headers['set-cookie']).split(';')[0]! }

async function ask(path: string): Promise<number> {
  const started = performance.now()
  const answer = await fetch(`${url}${path}`, { headers, redirect: 'manual' })
  await answer.text()
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`)
  return performance.now() - started
}

const results: { name: string; p50Ms: number; p95Ms: number; maxMs: number; cpuMs: number }[] = []
for (const [name, path] of Object.entries(REQUESTS).filter(([name]) => name.includes(options.only))) {
  const times = createHistogram()
  let cpuMs = 0
  try {
    for (let i = 0; i < 3; i += 1) await ask(path())
    const cpu = process.cpuUsage()
    for (let i = 0; i < Number(options.runs); i += 1) times.record(Math.ceil((await ask(path())) * 1_000))
    const { user, system } = process.cpuUsage(cpu)
    cpuMs = (user + system) / 1_000 / Number(options.runs)
  } catch (error) {
    console.log(`${name.padEnd(32)} ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
    continue
  }
  const result = { name, p50Ms: times.percentile(50) / 1_000, p95Ms: times.percentile(95) / 1_000, maxMs: times.max / 1_000, cpuMs }
  results.push(result)
  if (!options.json)
    console.log(
      `${name.padEnd(32)} p50 ${result.p50Ms.toFixed(1).padStart(7)}  p95 ${result.p95Ms.toFixed(1).padStart(7)}  max ${result.maxMs.toFixed(1).padStart(7)}  cpu ${cpuMs.toFixed(1).padStart(6)} ms`,
    )
}
if (options.json) console.log(JSON.stringify(results))
const limitMs = Number(options['limit-ms'])
if (limitMs > 0 && results.some(({ p95Ms }) => p95Ms > limitMs)) process.exitCode = 1
await app.close()
await pool.end()
