import pg from 'pg'
import type { TestContext } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { migrate } from '../../src/platform/postgres/migrate.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Running, runGatehouse } from '../load/run-gatehouse.ts'
import { eventually, NOTICE_SECRET } from '../saga/world.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import type { TestBackend } from '../support/queue-backends.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { checkHistory, type Outage, type Verdict } from './history-checker.ts'
import { type NoticeLog, startNoticeLog } from './notice-log.ts'

/**
 * The product in a process of its own, with a Postgres that may go away, and a Paxos that delivers and retries. Only the product uses the
 * line to Postgres: the test reads the tables directly.
 */
export interface AwayWorld {
  sandbox: Sandbox
  notices: NoticeLog
  gatehouse: Running
  line: TcpProxy
  pool: pg.Pool
  /** People whom Paxos decides now, each with an event that it delivers until Gatehouse accepts it. */
  decide(count: number): Promise<void>
  /** Posts an event without an identity, as Paxos would. Gives the status and headers of the answer. */
  post(): Promise<{ status: number; retryAfter: string | null }>
  /** The fault is on while `work` runs. Calls in progress then may have an unknown outcome. */
  outage<T>(work: () => Promise<T>): Promise<T>
  /** Waits until every event of Paxos is accepted and finished. */
  ends(options: { withinMs: number }): Promise<void>
  /** What an observer saw of the run, and every fault of the ledger. */
  verdict(): Promise<Verdict>
}

const API_KEY = 'the-key-of-the-away-tests'
/** A second of Paxos's waits takes 0.1 s here: its first retry comes after 0.5 s. */
const TIME_SCALE = 10

export interface AwayWorldOptions {
  backend: TestBackend
  /** Of a superuser. */
  postgresUrl: string
  /** The database of the product's Redis, one for each world. */
  redisDatabase: number
  /** Deliveries per second. */
  pace: number
  onTestFinished: TestContext['onTestFinished']
}

export async function openAwayWorld({ backend, postgresUrl, redisDatabase, pace, onTestFinished }: AwayWorldOptions): Promise<AwayWorld> {
  await migrate({ connectionString: postgresUrl, log: createLogger({ level: 'silent' }) })
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 2, connectionTimeoutMillis: 5_000 })
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  const notices = await startNoticeLog()
  onTestFinished(() => notices.close())
  const sandbox = await openSandbox({ seed: 5, webhookRatePerSecond: pace, timeScale: TIME_SCALE })
  onTestFinished(() => sandbox.close())
  const { port } = new URL(postgresUrl)
  const line = await startTcpProxy({ port: Number(port) })
  onTestFinished(() => line.close())
  const gatehouse = await runGatehouse(
    {
      DATABASE_URL: Object.assign(new URL(postgresUrl), { hostname: '127.0.0.1', port: String(line.port) }).href,
      ...(backend.kind === 'redis' ? { REDIS_URL: `${backend.redisUrl}/${redisDatabase}` } : {}),
      PAXOS_API_URL: sandbox.apiUrl,
      PAXOS_TOKEN_URL: sandbox.tokenUrl,
      PAXOS_CLIENT_ID: 'sandbox',
      PAXOS_CLIENT_SECRET: 'sandbox',
      PAXOS_BUDGET: 'off',
      SWEEP_EVERY_SECONDS: '86400', // when the receiver refuses, only the sender's retry brings the event
      WEBHOOK_API_KEYS: API_KEY,
      OPERATOR_TOKEN: 'the-operator-of-the-away-tests',
      NOTIFY_WEBHOOK_URL: notices.url,
      NOTIFY_WEBHOOK_SECRET: NOTICE_SECRET,
      LOG_LEVEL: 'warn',
    },
    { onTestFinished },
  )
  const webhookUrl = `${gatehouse.receiverUrl}/webhooks/paxos`
  sandbox.setWebhook({ url: webhookUrl, auth: { kind: 'api-key', header: 'x-api-key', key: API_KEY } })
  const outages: Outage[] = []
  let made = 0
  const delivered = (): string[] => [
    ...new Set(
      sandbox.story
        .of('delivery')
        .filter(({ outcome }) => outcome === 'delivered')
        .map(({ eventId }) => eventId),
    ),
  ]
  return {
    sandbox,
    notices,
    gatehouse,
    line,
    pool,
    decide: async (count) => {
      made += 1
      await sandbox.populate({ count, refIdPrefix: `person-${made}-`, decision: 'approve', deliver: true })
    },
    post: async () => {
      const answer = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
        body: JSON.stringify({
          id: crypto.randomUUID(),
          type: 'identity.approved',
          source: 'com.paxos',
          time: new Date().toISOString(),
          is_test: true,
        }),
      })
      await answer.body?.cancel()
      return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
    },
    outage: async (work) => {
      const outage = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY }
      outages.push(outage)
      try {
        return await work()
      } finally {
        outage.toMs = Date.now()
      }
    },
    ends: async ({ withinMs }) => {
      await eventually(
        async () => ({ events: sandbox.events.all.length, delivered: delivered().length, inbox: await countByState(pool) }),
        ({ events, delivered, inbox }) => delivered === events && inbox.processed === events && inbox.accepted === undefined,
        { withinMs },
      )
    },
    verdict: async () => {
      const accepted = delivered()
      const verdict = await checkHistory({
        story: sandbox.story,
        sends: notices.sends,
        pool,
        accepted,
        deaths: [],
        outages,
        complete: true,
      })
      const { faults } = await verifyLedger(pool)
      return { ...verdict, faults: [...verdict.faults, ...faults.map(({ problem }) => problem)] }
    },
  }
}

/** Null while Postgres does not answer. */
async function countByState(pool: pg.Pool): Promise<Record<string, number>> {
  try {
    const { rows } = await pool.query<{ state: string; events: number }>(
      'SELECT state, count(*)::int AS events FROM inbox_event GROUP BY state',
    )
    return Object.fromEntries(rows.map(({ state, events }) => [state, events]))
  } catch (error) {
    return { [String(error)]: 0 }
  }
}
