import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type pg from 'pg'
import { freePort } from '../../src/platform/free-port.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { migrate } from '../../src/platform/postgres/migrate.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Outage } from '../faults/history-checker.ts'
import { type NoticeLog, startNoticeLog } from '../faults/notice-log.ts'
import { type BreakablePostgres, startBreakablePostgres } from '../support/breakable-postgres.ts'
import { findRedis, type LaunchedRedis, launchRedis } from '../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { createMember, type Member } from './member.ts'

export type ChaosBackend = 'redis' | 'postgres'

/** A Redis without persistence on one port, to be killed and started empty. */
export interface DisposableRedis {
  url: string
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** The product in processes of its own, with everything around it that can fail. */
export interface ChaosWorld {
  backend: ChaosBackend
  sandbox: Sandbox
  notices: NoticeLog
  postgres: BreakablePostgres
  /** Null when the queue is on Postgres. */
  redis: DisposableRedis | null
  /** The lines between the product and its dependencies. The checker reads the tables on connections of its own. */
  lines: { paxos: TcpProxy; postgres: TcpProxy; redis: TcpProxy | null }
  receiver: Member
  workers: readonly Member[]
  operator: Member
  receiverUrl: string
  operatorUrl: string
  /** The checker's own connections. */
  pool: pg.Pool
  /** Versions of the runtime and the stores. */
  versions: string
  /** When processes died, and when else they could not learn or record the outcome of a call. */
  deaths: number[]
  outages: Outage[]
  /** The folder with the logs of the processes. */
  logs: string
  /** Ends everything. `keepLogs` keeps the folder with the logs. */
  close(options?: { keepLogs?: boolean }): Promise<void>
}

export interface WorldOptions {
  backend: ChaosBackend
  seed: number
  workers: number
  say: (line: string) => void
}

export const API_KEY = 'the-key-of-the-chaos-run'
export const OPERATOR_TOKEN = 'the-token-of-the-chaos-run'
export const NOTICE_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
/** Short against the product's 10 s, so that a run has many timeouts. */
export const PAXOS_TIMEOUT_MS = 5_000
const SWEEP_EVERY_SECONDS = 5
/** A retry that Paxos makes after 5 s comes here after 0.5 s. */
const TIME_SCALE = 10

export async function openChaosWorld({ backend, seed, workers: workerCount, say }: WorldOptions): Promise<ChaosWorld> {
  const closers: (() => Promise<unknown>)[] = []
  const closing = <T>(part: T, close: (part: T) => Promise<unknown>): T => {
    closers.push(() => close(part))
    return part
  }
  const closeAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close().catch((error: unknown) => say(`while closing: ${String(error)}`))
  }
  try {
    const logs = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'))
    const postgres = closing(await startBreakablePostgres(), (server) => server.close())
    await migrate({ connectionString: postgres.url, log: createLogger({ level: 'silent' }) })
    const redis = backend === 'redis' ? closing(await startDisposableRedis(say), (server) => server.stop()) : null
    const sandbox = closing(await startSimulator(seed), (running) => running.close())
    const notices = closing(await startNoticeLog(), (log) => log.close())
    const lineTo = async (url: string): Promise<TcpProxy> =>
      closing(await startTcpProxy({ port: Number(new URL(url).port) }), (line) => line.close())
    const lines = {
      paxos: await lineTo(sandbox.url),
      postgres: await lineTo(postgres.url),
      redis: redis ? await lineTo(redis.url) : null,
    }
    const pool = closing(createPool({ connectionString: postgres.url, max: 3, applicationName: 'chaos checker' }), (own) => own.end())
    const [receiverPort, operatorPort] = [await freePort(), await freePort()]
    const env = {
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      DATABASE_URL: over(lines.postgres, postgres.url),
      ...(redis && lines.redis ? { REDIS_URL: over(lines.redis, redis.url) } : {}),
      PORT: String(receiverPort),
      OPERATOR_PORT: String(operatorPort),
      WORKER_PORT: '0',
      PAXOS_API_URL: over(lines.paxos, sandbox.apiUrl),
      PAXOS_TOKEN_URL: over(lines.paxos, sandbox.tokenUrl),
      PAXOS_CLIENT_ID: 'sandbox',
      PAXOS_CLIENT_SECRET: 'sandbox',
      PAXOS_BUDGET: 'off',
      PAXOS_TIMEOUT_MS: String(PAXOS_TIMEOUT_MS),
      WEBHOOK_API_KEYS: API_KEY,
      OPERATOR_TOKEN,
      ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64'),
      NOTIFY_WEBHOOK_URL: notices.url,
      NOTIFY_WEBHOOK_SECRET: NOTICE_SECRET,
      SWEEP_EVERY_SECONDS: String(SWEEP_EVERY_SECONDS),
    }
    const member = (name: string, role: 'receiver' | 'worker' | 'operator'): Member =>
      closing(createMember({ name, role, env, logFile: join(logs, `${name}.log`) }), (each) => each.stop())
    const receiver = member('receiver', 'receiver')
    const operator = member('operator', 'operator')
    const workers = Array.from({ length: workerCount }, (_, index) => member(`worker-${index + 1}`, 'worker'))
    await Promise.all([receiver, operator, ...workers].map((each) => each.start()))
    const receiverUrl = `http://127.0.0.1:${receiverPort}`
    sandbox.setWebhook({ url: `${receiverUrl}/webhooks/paxos`, auth: { kind: 'api-key', header: 'x-api-key', key: API_KEY } })
    return {
      backend,
      sandbox,
      notices,
      postgres,
      redis,
      lines,
      receiver,
      workers,
      operator,
      receiverUrl,
      operatorUrl: `http://127.0.0.1:${operatorPort}`,
      pool,
      versions: await versionsOf(pool, redis),
      deaths: [],
      outages: [],
      logs,
      close: async ({ keepLogs = false } = {}) => {
        await closeAll()
        if (!keepLogs) await rm(logs, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** The same URL through the line. */
function over({ port }: TcpProxy, url: string): string {
  const changed = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href
  return changed.replace(/\/$/, '')
}

async function startSimulator(seed: number): Promise<Sandbox> {
  const sandbox = await createSandbox({
    logger: createLogger({ level: 'silent' }),
    host: '127.0.0.1',
    port: 0,
    portAsked: true,
    seed,
    webhook: null,
    decisionDelayMs: 200,
    timeScale: TIME_SCALE,
    webhookTimeoutMs: 3_000,
    fillParts: 2,
    cancelDelayMs: 300,
  })
  for (const delivery of [
    { do: 'duplicate', copies: 1, ratio: 0.15 },
    { do: 'reorder', ms: 1_500, ratio: 0.1 },
    { do: 'delay', ms: 800, ratio: 0.1 },
    { do: 'lose', ratio: 0.05 },
  ] as const)
    sandbox.faults.arm({ on: 'delivery', ...delivery })
  return sandbox
}

async function startDisposableRedis(say: (line: string) => void): Promise<DisposableRedis> {
  const program = await findRedis({ directory: join(import.meta.dirname, '../../.gatehouse'), say })
  const port = await freePort()
  let server: LaunchedRedis | null = await launchRedis(program, { port, apart: true })
  return {
    url: server.url,
    kill: async () => {
      await server?.kill()
      server = null
    },
    start: async () => {
      server ??= await launchRedis(program, { port, apart: true })
    },
    stop: async () => server?.stop(),
  }
}

async function versionsOf(pool: pg.Pool, redis: DisposableRedis | null): Promise<string> {
  const { rows } = await pool.query<{ server_version: string }>('SHOW server_version')
  const stores = [`Postgres ${rows[0]?.server_version}`, ...(redis ? [`Redis ${await redisVersion(redis.url)}`] : [])]
  return [`Node ${process.versions.node}`, ...stores].join(', ')
}

async function redisVersion(url: string): Promise<string> {
  const client = new Redis(url)
  try {
    return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'of unknown version'
  } finally {
    client.disconnect()
  }
}
