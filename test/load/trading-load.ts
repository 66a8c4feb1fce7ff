import { Agent, request } from 'undici'
import { onTestFinished } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type NoticeReceiver, startNoticeReceiver } from '../notify/notice-receiver.ts'
import { type Pipeline, startPipeline } from '../saga/start-pipeline.ts'
import { eventually, NOTICE_SECRET } from '../saga/world.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import type { TestBackend } from '../support/queue-backends.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { runGatehouse } from './run-gatehouse.ts'

const API_KEY = 'load-test-api-key-0001'
const TOKEN = 'load-test-operator-token'
/** Requests in flight at once. */
const LANES = 32

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer of unknown shape; the tests say what they expect of it
  body: any
}

/** `gatehouse start` in a process of its own, with this many ready customers, each with 1,000 USD. */
export interface TradingLoad {
  sandbox: Sandbox
  notices: NoticeReceiver
  databaseUrl: string
  accountIds: readonly string[]
  call(method: 'GET' | 'POST', path: string, options?: { body?: unknown; key?: string }): Promise<Answer>
}

export async function openTradingLoad(backend: TestBackend, { customers }: { customers: number }): Promise<TradingLoad> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const notices = await startNoticeReceiver()
  const sandbox = await openSandbox({ seed: 11 })
  onTestFinished(() => sandbox.close())
  const gatehouse = await runGatehouse({
    DATABASE_URL: database.url,
    ...(backend.kind === 'redis' ? { REDIS_URL: `${backend.redisUrl}/6` } : {}),
    PAXOS_API_URL: sandbox.apiUrl,
    PAXOS_TOKEN_URL: sandbox.tokenUrl,
    PAXOS_CLIENT_ID: 'sandbox',
    PAXOS_CLIENT_SECRET: 'sandbox',
    PAXOS_BUDGET: 'off',
    PAXOS_TIMEOUT_MS: '1500',
    WEBHOOK_API_KEYS: API_KEY,
    OPERATOR_TOKEN: TOKEN,
    NOTIFY_WEBHOOK_URL: notices.url,
    NOTIFY_WEBHOOK_SECRET: NOTICE_SECRET,
    LOG_LEVEL: 'warn',
  })
  const agent = new Agent({ connections: LANES })
  onTestFinished(() => agent.close())
  const call: TradingLoad['call'] = async (method, path, { body, key } = {}) => {
    const answer = await request(`${gatehouse.operatorUrl}${path}`, {
      method,
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    return { status: answer.statusCode, body: await answer.body.json() }
  }
  sandbox.setWebhook({ url: `${gatehouse.receiverUrl}/webhooks/paxos`, auth: { kind: 'api-key', header: 'x-api-key', key: API_KEY } })
  await sandbox.populate({ count: customers, refIdPrefix: 'trader-', decision: 'approve', deliver: true })
  await eventually(
    () => call('GET', '/v1/stats'),
    ({ body }) => body.onboardings.ready === customers,
    { withinMs: 120_000 },
  )
  const accountIds = sandbox.story.of('account-created').map(({ accountId }) => accountId)
  await inLanes(accountIds, async (accountId) => {
    const deposit = { body: { asset: 'USD', amount: '1000.00' }, key: `fund-${accountId}` }
    const { status, body } = await call('POST', `/v1/accounts/${accountId}/deposits`, deposit)
    if (body.state !== 'completed') throw new Error(`a deposit answers ${status} ${JSON.stringify(body)}`)
  })
  return { sandbox, notices, databaseUrl: database.url, accountIds, call }
}

/** The tables and a client of Paxos, without a worker. */
export async function openReads({ databaseUrl, sandbox, notices }: TradingLoad): Promise<Pipeline> {
  const pipeline = await startPipeline({
    databaseUrl,
    backend: { kind: 'postgres', connectionString: databaseUrl },
    paxos: sandbox,
    notices: { url: notices.url, secret: NOTICE_SECRET },
    concurrency: 0,
  })
  onTestFinished(() => pipeline.close())
  return pipeline
}

/** Runs all of them, some at once. */
export async function inLanes<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index) // below the length
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
