import { Registry } from 'prom-client'
import { serveOperator } from '../../src/compose/serve-operator.ts'
import { type UseCaseSettings, wireUseCases } from '../../src/compose/wire-use-cases.ts'
import type { OperatorUseCases } from '../../src/operate/use-cases.ts'
import type { SignOnSettings } from '../../src/operators/single-sign-on.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { createPostgresBudgetStore } from '../../src/paxos/transport/budget-store.ts'
import { type BudgetLimits, DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { createUpstreamPace, type UpstreamPace } from '../../src/paxos/upstream-pace.ts'
import { UsageError } from '../../src/platform/app-error.ts'
import { createHttpServer, listen } from '../../src/platform/http-server.ts'
import { createLogger, type Logger } from '../../src/platform/logger.ts'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import type { ReplayParts } from '../../src/replay/plan-replay.ts'
import { createRoster, type Roster } from '../../src/roster/roster.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { type Pipeline, startPipeline } from '../saga/start-pipeline.ts'
import { createTestDatabase } from '../support/test-database.ts'

export const TOKEN = 'operator-token-of-this-test'

/** The operator's side on a real database, with a simulator. Unless a test asks for a worker, events stay where the test puts them. */
export interface Operator extends Pipeline {
  url: string
  databaseUrl: string
  sandbox: Sandbox
  useCases: OperatorUseCases
  pace: UpstreamPace
  roster: Roster
  /** Of the API and the pages. */
  metrics: Registry
  replays: ReplayParts
  /** Moves the clock of the operator's side by milliseconds. */
  advanceClock(ms: number): void
  /** With the token, unless `headers` say otherwise. */
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Reply>
}

export interface Reply {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer of unknown shape; the tests say what they expect of it
  body: any
  headers: Headers
}

export interface OperatorOptions {
  /** The port of the API and the pages; a free one when it is absent. */
  port?: number
  /** Single sign-on of the pages; off when it is absent. */
  signOn?: SignOnSettings
  /** Events in progress at a worker beside it. With 0 there is no worker. */
  concurrency?: number
  /** Of the worker's calls; none when it is absent. */
  limits?: BudgetLimits
  /** Of the operator's side and the worker; silent when it is absent. */
  logger?: Logger
  /** On Postgres when it is absent. */
  backend?: QueueBackend
  /** Where notifications go. */
  noticesUrl?: string
  sandbox?: Partial<SandboxOptions>
  alerts?: UseCaseSettings['alerts']
}

/** For `beforeAll`. `close` belongs into `afterAll`. */
export async function startOperator(options: OperatorOptions = {}): Promise<Operator> {
  const database = await createTestDatabase()
  const { logger = createLogger({ level: 'silent' }) } = options
  const sandbox = await createSandbox({
    logger: createLogger({ level: 'silent' }), // a separate product, which plays Paxos

    host: '127.0.0.1',
    port: 0,
    portAsked: true,
    seed: 7,
    webhook: null,
    decisionDelayMs: 1_000_000,
    ...options.sandbox,
  })
  const pipeline = await startPipeline({
    databaseUrl: database.url,
    backend: options.backend ?? { kind: 'postgres', connectionString: database.url },
    logger,
    paxos: sandbox,
    notices: { url: options.noticesUrl ?? 'http://127.0.0.1:9/', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    concurrency: options.concurrency ?? 0,
    ...(options.limits ? { limits: options.limits } : {}),
  })
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const budget = createBudget({ limits: DOCUMENTED_LIMITS, store: createPostgresBudgetStore(pipeline) })
  const pace = createUpstreamPace(budget)
  const roster = createRoster({ pool: pipeline.pool, logger })
  // As if they ran: home and doctor report a missing role.
  for (const role of ['receiver', 'worker'] as const) {
    await roster.enroll({ queue: 'Postgres', upstream: null, simulated: true, role, url: null })
  }
  const { useCases, replays } = wireUseCases(pipeline, {
    roster,
    world: { queue: 'Postgres', upstream: sandbox.apiUrl, simulated: true },
    pace,
    sweepEverySeconds: 900,
    secondPersonAbove: 25,
    sendTestNotice: () => Promise.reject(new UsageError('NOTIFY_WEBHOOK_URL is not set.')),
    ...(options.alerts ? { alerts: options.alerts } : {}),
    logger,
    metrics: new Registry(),
    now,
  })
  const app = await createHttpServer({ logger, bodyLimitBytes: 100_000, metrics: new Registry(), readiness: [], longRequestMs: 300_000 })
  const metrics = new Registry()
  await serveOperator(app, useCases, { token: TOKEN, metrics, signOn: options.signOn ?? null, now })
  const url = await listen(app, { host: '127.0.0.1', port: options.port ?? 0, asked: true, variable: 'OPERATOR_PORT' })
  return {
    ...pipeline,
    roster,
    metrics,
    url,
    databaseUrl: database.url,
    sandbox,
    useCases,
    pace,
    replays,
    advanceClock: (ms) => {
      ahead += ms
    },
    call: async (method, path, { body, headers = { authorization: `Bearer ${TOKEN}` } } = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json(), headers: response.headers }
    },
    close: async () => {
      await app.close()
      await pipeline.close()
      await sandbox.close()
      await database.drop()
    },
  }
}

/** Decided identities whose events were accepted a minute ago, so that a plan of this millisecond includes them. */
export async function receiveDecided(
  { sandbox, accept, pool }: Pick<Operator, 'sandbox' | 'accept' | 'pool'>,
  { count, refIdPrefix }: { count: number; refIdPrefix: string },
): Promise<string[]> {
  const events = await sandbox.populate({ count, refIdPrefix, decision: 'deny', deliver: false })
  for (const event of events) await accept(event)
  const ids = events.map(({ id }) => id)
  await pool.query(`UPDATE inbox_event SET received_at = received_at - interval '1 minute' WHERE event_id = ANY ($1)`, [ids])
  return ids
}

/** Locks calls to Paxos for this time, as after a 429. 0 ends the lock. */
export async function lockOut({ pool }: Pick<Operator, 'pool'>, seconds: number): Promise<void> {
  await pool.query(
    `UPDATE paxos_budget SET version = version + 1,
       state = CASE WHEN $1::int = 0 THEN '{}'::json ELSE json_build_object('lockedUntilMs', extract(epoch FROM clock_timestamp()) * 1000 + $1 * 1000) END`,
    [seconds],
  )
}

export function bearer(more: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${TOKEN}`, ...more }
}
