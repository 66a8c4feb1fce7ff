import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Config } from './config.ts'
import { createEventAcceptor } from './inbox/accept-events.ts'
import { createInbox, type Inbox } from './inbox/inbox.ts'
import { createLedger } from './ledger/ledger.ts'
import { createLogChannel } from './notify/log-channel.ts'
import type { NoticeChannel } from './notify/notice.ts'
import { createWebhookChannel } from './notify/webhook-channel.ts'
import { createUseCases } from './operate/create-use-cases.ts'
import { registerOperatorApi } from './operate/operator-api.ts'
import { registerOperatorGauges } from './operate/operator-gauges.ts'
import type { OperatorUseCases } from './operate/use-cases.ts'
import { type Budget, createBudget } from './paxos/budget.ts'
import { createPostgresBudgetStore } from './paxos/budget-store.ts'
import { createConfirmationReader } from './paxos/confirmation-reader.ts'
import { createPaxosClient, type PaxosClient } from './paxos/paxos-client.ts'
import { ConfigError } from './platform/app-error.ts'
import { developmentSecrets } from './platform/development-secrets.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import { createHttpServer, listen, type ReadinessCheck } from './platform/http-server.ts'
import type { Logger } from './platform/logger.ts'
import { migrate, pendingMigrations } from './platform/migrate.ts'
import { createPool, waitForPostgres } from './platform/postgres.ts'
import { createEventQueue, type EventJob, type EventQueue } from './queue/event-queue.ts'
import type { QueueBackend } from './queue/queue-connection.ts'
import { scheduleSweeps } from './queue/sweep-schedule.ts'
import { startWatchedWorker } from './queue/watched-worker.ts'
import { registerReceiver } from './receive/register-receiver.ts'
import { sweepEvents } from './reconcile/sweep-events.ts'
import { approveReplay, getReplay, planReplay } from './replay/replay.ts'
import { createOnboarding } from './saga/create-onboarding.ts'
import { startDispatcher } from './saga/dispatch-due-events.ts'
import { createEventProcessor } from './saga/process-event.ts'
import { createSagaMetrics } from './saga/saga-metrics.ts'
import { createUpstreamPace } from './saga/upstream-pace.ts'
import { createSandbox, type Sandbox } from './sandbox/sandbox.ts'

/** What every role stands on: the database, where the queue lives, and the secrets in force. */
export interface Foundation {
  config: Config
  logger: Logger
  databaseUrl: string
  queueBackend: QueueBackend
  secrets: Secrets
  /** One for all roles of the process, and shared through Postgres with all others (paxos/api.md 1.5). */
  budget: Budget
  /** Leaves the embedded Postgres; the last process to leave stops it. */
  close(): Promise<void>
}

interface Secrets {
  operatorToken: string
  webhookApiKeys: string[]
  encryptionKey: Buffer
  /** Made by this very start, so that they are shown once. */
  fresh: boolean
}

/** A role that is up. `close` stops taking, finishes what is in hand, and closes in reverse order of opening. */
export interface RunningRole {
  name: string
  url: string
  close(): Promise<void>
}

/** Largest bodies, bytes: a webhook has a few hundred; a person's data a few thousand. */
const WEBHOOK_BODY_LIMIT = 16 * 1024
const OPERATOR_BODY_LIMIT = 256 * 1024
const STATEMENT_TIMEOUT_MS = 15_000
const NOTICE_TIMEOUT_MS = 10_000
const QUEUE_PREFIX = 'gatehouse'

/**
 * Finds or starts the database, brings its schema up (embedded) or checks that it is (given), and settles the secrets.
 * `directory` is the project's `.gatehouse`. @throws ConfigError, ServiceUnavailableError, MigrationFailedError
 */
export async function openFoundation(
  config: Config,
  { directory, logger, migrations }: { directory: string; logger: Logger; migrations: 'apply' | 'require' },
): Promise<Foundation> {
  const secrets = settleSecrets(config, directory)
  const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ directory, log: logger }) : null
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''
  try {
    await waitForPostgres(databaseUrl, { timeoutMs: config.databaseWaitSeconds * 1_000, log: logger })
    if (migrations === 'apply' || embedded) await migrate({ connectionString: databaseUrl, log: logger })
    else await refuseUnmigrated(databaseUrl)
  } catch (error) {
    await embedded?.stop()
    throw error
  }
  const queueBackend: QueueBackend = config.redisUrl
    ? { kind: 'redis', url: config.redisUrl, prefix: QUEUE_PREFIX }
    : { kind: 'postgres', connectionString: databaseUrl }
  // Of its own, so that no role's work makes calls wait. It connects with the first call.
  const budgetPool = createPool({
    connectionString: databaseUrl,
    max: 2,
    applicationName: 'gatehouse-budget',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  return {
    config,
    logger,
    databaseUrl,
    queueBackend,
    secrets,
    budget: createBudget({ limits: config.budget, store: createPostgresBudgetStore({ pool: budgetPool }) }),
    close: async () => {
      await budgetPool.end()
      await embedded?.stop()
    },
  }
}

async function refuseUnmigrated(databaseUrl: string): Promise<void> {
  const pending = await pendingMigrations({ connectionString: databaseUrl })
  if (pending.length > 0)
    throw new ConfigError([
      `DATABASE_URL names a database that lacks ${pending.length} migration(s) (${pending.join(', ')}): run gatehouse migrate`,
    ])
}

function settleSecrets({ mode, operator, webhook, encryptionKey }: Config, directory: string): Secrets {
  const given = { operatorToken: operator.token, webhookApiKeys: webhook.apiKeys, encryptionKey }
  if (mode === 'production') {
    // loadConfig has refused production without them; the api key is missing only where api-key is not an authenticator.
    return {
      operatorToken: given.operatorToken ?? '',
      webhookApiKeys: given.webhookApiKeys ?? [],
      encryptionKey: given.encryptionKey ?? Buffer.alloc(0),
      fresh: false,
    }
  }
  const made = developmentSecrets(directory)
  const operatorToken = given.operatorToken ?? made.operatorToken
  writeFileSync(join(directory, 'operator-token'), operatorToken, { mode: 0o600 })
  return {
    operatorToken,
    webhookApiKeys: given.webhookApiKeys ?? [made.webhookApiKey],
    encryptionKey: given.encryptionKey ?? Buffer.from(made.encryptionKey, 'base64'),
    fresh: made.fresh && given.operatorToken === null,
  }
}

/** Takes webhooks: authenticates, commits, answers. Knows nothing of Paxos's API. */
export async function startReceiver(foundation: Foundation): Promise<RunningRole> {
  const { config, secrets, databaseUrl } = foundation
  const logger = foundation.logger.child({ role: 'receiver' })
  const metrics = roleMetrics('receiver')
  const queue = await openQueue(foundation, logger)
  const acceptor = createEventAcceptor({
    connectionString: databaseUrl,
    logger,
    metrics,
    onAccepted: (accepted) => queue.add(accepted.map(asNewJob)),
  })
  const app = await createHttpServer({
    logger,
    bodyLimitBytes: WEBHOOK_BODY_LIMIT,
    metrics,
    readiness: [{ name: 'postgres', check: acceptor.checkAccepting }],
  })
  await registerReceiver(app, {
    accept: acceptor.accept,
    metrics,
    authenticators: {
      enabled: config.webhook.authenticators,
      apiKeyHeader: config.webhook.apiKeyHeader,
      apiKeys: secrets.webhookApiKeys,
      oauthClients: config.webhook.oauthClients,
      signingSecrets: config.webhook.signingSecrets,
    },
  })
  const url = await listen(app, { host: config.host, ...config.receiver, variable: 'PORT' })
  return { name: 'receiver', url, close: () => closeInTurn([() => app.close(), () => acceptor.close(), () => queue.close()]) }
}

/** Confirms events, advances onboardings, sends notices; dispatches what is due and sweeps for what is missing. Serves its health and metrics. */
export async function startWorker(foundation: Foundation): Promise<RunningRole> {
  const { config, databaseUrl } = foundation
  const logger = foundation.logger.child({ role: 'worker' })
  const metrics = roleMetrics('worker')
  const pool = createPool({
    connectionString: databaseUrl,
    max: 8,
    applicationName: 'gatehouse-worker',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    byIndex: true,
  })
  const queue = await openQueue(foundation, logger)
  const inbox = createInbox({
    pool,
    connectionString: databaseUrl,
    logger,
    metrics,
    onAccepted: (accepted) => queue.add(accepted.map(asNewJob)),
  })
  const ledger = createLedger({ pool })
  const paxos = connectPaxos(foundation, { logger, metrics })
  const notices = openNoticeChannel(config, logger)
  const reader = createConfirmationReader(paxos)
  const handle = createEventProcessor({
    inbox,
    reader,
    ledger,
    paxos,
    notices,
    logger,
    metrics: createSagaMetrics(metrics),
    unknownIdentities: config.unknownIdentities,
    now: Date.now,
    random: Math.random,
  })
  const worker = startWatchedWorker(foundation.queueBackend, {
    handle,
    concurrency: config.worker.concurrency,
    logger,
    queue,
    pool,
    metrics,
  })
  const stopDispatcher = startDispatcher({ inbox, queue, logger })
  const stopSweeps = scheduleSweeps(foundation.queueBackend, {
    everySeconds: config.sweepEverySeconds,
    sweep: () => sweepEvents({ pool, inbox, paxos, logger, now: Date.now }),
    logger,
  })
  const stages = [
    stopSweeps,
    stopDispatcher,
    () => worker.close(),
    () => queue.close(),
    () => reader.close(),
    () => notices.close(),
    () => paxos.close(),
    () => ledger.close(),
    () => inbox.close(),
    () => pool.end(),
  ]
  const readiness = [...storesReady(pool, queue), { name: 'jobs', check: worker.check }]
  const app = await createHttpServer({ logger, bodyLimitBytes: 1_024, metrics, readiness })
  const url = await listen(app, { host: config.host, ...config.worker, variable: 'WORKER_PORT' })
  return { name: 'worker', url, close: () => closeInTurn([() => app.close(), ...stages]) }
}

/** Serves the operators: HTTP API and pages. */
export async function startOperator(foundation: Foundation): Promise<RunningRole> {
  const { config, secrets } = foundation
  const logger = foundation.logger.child({ role: 'operator' })
  const metrics = roleMetrics('operator')
  const { useCases, pool, queue, close } = await openUseCases(foundation, { logger, metrics })
  registerOperatorGauges(metrics, { pool, queue })
  const app = await createHttpServer({ logger, bodyLimitBytes: OPERATOR_BODY_LIMIT, metrics, readiness: storesReady(pool, queue) })
  await registerOperatorApi(app, useCases, { token: secrets.operatorToken })
  const url = await listen(app, { host: config.host, ...config.operator, variable: 'OPERATOR_PORT' })
  return { name: 'operator', url, close: () => closeInTurn([() => app.close(), close]) }
}

/** The use cases behind the operator API, the pages and the commands: one set for all three. */
export async function openUseCases(
  foundation: Foundation,
  { logger = foundation.logger, metrics = new Registry() }: { logger?: Logger; metrics?: Registry } = {},
): Promise<{ useCases: OperatorUseCases; pool: Pool; inbox: Inbox; queue: EventQueue; close(): Promise<void> }> {
  const { config, databaseUrl, secrets } = foundation
  const pool = createPool({
    connectionString: databaseUrl,
    max: 8,
    applicationName: 'gatehouse-operator',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const inbox = createInbox({ pool, connectionString: databaseUrl, logger, metrics })
  const ledger = createLedger({ pool })
  const paxos = connectPaxos(foundation, { logger, metrics })
  const queue = await openQueue(foundation, logger)
  const parts = {
    pool,
    inbox,
    ledger,
    paxos,
    queue,
    unknownIdentities: config.unknownIdentities,
    now: Date.now,
    encryptionKey: secrets.encryptionKey,
  }
  const useCases = createUseCases({
    pool,
    now: Date.now,
    pace: createUpstreamPace(foundation.budget),
    actions: {
      createOnboarding: (order) => createOnboarding(parts, order),
      planReplay: (filter, by) => planReplay(parts, filter, by),
      approveReplay: (id, approval) => approveReplay(parts, id, approval),
      getReplay: (id) => getReplay(pool, id),
    },
  })
  const close = (): Promise<void> =>
    closeInTurn([() => queue.close(), () => paxos.close(), () => ledger.close(), () => inbox.close(), () => pool.end()])
  return { useCases, pool, inbox, queue, close }
}

/** The Paxos simulator on its own port, delivering to SANDBOX_WEBHOOK_URL, else to the receiver's default address. */
export async function startSandbox({
  config,
  logger,
  webhookApiKey,
}: {
  config: Config
  logger: Logger
  webhookApiKey: string
}): Promise<RunningRole & { sandbox: Sandbox; seed: number }> {
  const seed = config.sandbox.seed ?? randomInt(1, 2 ** 31)
  const target = config.sandbox.webhookUrl ?? `http://127.0.0.1:${config.receiver.port}/webhooks/paxos`
  const sandbox = await createSandbox({
    logger: logger.child({ role: 'sandbox' }),
    host: config.host,
    port: config.sandbox.port,
    portAsked: config.sandbox.asked,
    seed,
    webhook: { url: target, auth: { kind: 'api-key', header: config.webhook.apiKeyHeader, key: webhookApiKey } },
  })
  return { name: 'sandbox', url: sandbox.url, close: () => sandbox.close(), sandbox, seed }
}

function connectPaxos({ config, budget }: Foundation, { logger, metrics }: { logger: Logger; metrics: Registry }): PaxosClient {
  const simulator = `http://127.0.0.1:${config.sandbox.port}`
  const endpoint = config.paxos ?? {
    apiUrl: `${simulator}/v2`,
    tokenUrl: `${simulator}/oauth2/token`,
    clientId: 'sandbox',
    clientSecret: 'sandbox',
  }
  return createPaxosClient({
    ...endpoint,
    timeoutMs: config.paxosTimeoutMs,
    budget,
    logger,
    metrics,
    connections: config.worker.concurrency,
  })
}

function openNoticeChannel({ notifyWebhook }: Config, logger: Logger): NoticeChannel {
  return notifyWebhook ? createWebhookChannel({ ...notifyWebhook, timeoutMs: NOTICE_TIMEOUT_MS }) : createLogChannel({ logger })
}

/** A Redis that may evict keys loses jobs at any time; it is refused (BullMQ, "Going to production"). */
async function openQueue({ queueBackend }: Foundation, logger: Logger): Promise<EventQueue> {
  const queue = createEventQueue(queueBackend, { logger })
  const policy = await queue.evictionPolicy()
  if (policy === null || policy === 'noeviction') return queue
  await queue.close()
  throw new ConfigError([`REDIS_URL names a Redis with maxmemory-policy ${policy}, which drops jobs: set it to noeviction`])
}

function asNewJob({ seq }: { seq: string }): EventJob {
  return { seq, generation: 0 }
}

function storesReady(pool: Pool, queue: EventQueue): ReadinessCheck[] {
  return [
    { name: 'postgres', check: async () => void (await pool.query('SELECT 1')) },
    { name: 'queue', check: async () => void (await queue.counts()) },
  ]
}

function roleMetrics(role: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ role })
  collectDefaultMetrics({ register: registry })
  return registry
}

async function closeInTurn(stages: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const stage of stages) await stage()
}
