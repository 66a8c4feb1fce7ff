import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { type AcceptorOptions, createEventAcceptor } from '../../src/inbox/accept-events.ts'
import { createHttpServer } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import type { AuthenticatorOptions } from '../../src/receive/authenticate-webhook.ts'
import type { DeliveryEvidence } from '../../src/receive/delivery-evidence.ts'
import { registerReceiver } from '../../src/receive/register-receiver.ts'
import { createTestDatabase } from '../support/test-database.ts'

export const API_KEY = 'an-invented-api-key-0001'
export const SECOND_API_KEY = 'an-invented-api-key-0002'

export interface TestReceiver {
  url: string
  /** Another user of the receiver's database. */
  pool: pg.Pool
  metrics: Registry
  /** Every log line, as one text. */
  logged: () => string
  /** POSTs a delivery with the first API key, unless told otherwise. */
  post: (body: unknown, headers?: Record<string, string>) => Promise<Answer>
  storedRows: () => Promise<Record<string, unknown>[]>
  /** The counter of requests with these labels. */
  counted: (labels: { status: number; reason: string }) => Promise<number>
  /** Moves the receiver's clock by milliseconds. */
  tick: (ms: number) => void
  close: () => Promise<void>
}

export interface Answer {
  status: number
  headers: Headers
  body: unknown
}

export interface TestReceiverOptions {
  authenticators?: Partial<AuthenticatorOptions>
  acceptor?: Partial<AcceptorOptions>
  evidence?: (pool: pg.Pool) => DeliveryEvidence
  allowedAddresses?: readonly string[]
  trustedProxies?: readonly string[]
}

/** The receiver as it runs: real sockets, real Postgres with a database of its own. */
export async function startReceiver({
  authenticators,
  acceptor: acceptorOptions,
  evidence,
  allowedAddresses,
  trustedProxies = [],
}: TestReceiverOptions = {}): Promise<TestReceiver> {
  const database = await createTestDatabase()
  const pool = createPool({ connectionString: database.url, max: 4, applicationName: 'test' })
  const metrics = new Registry()
  const lines: string[] = []
  const logger = createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } })
  const acceptor = createEventAcceptor({ connectionString: database.url, logger, metrics, ...acceptorOptions })
  const app = await createHttpServer({
    logger,
    trustedProxies,
    bodyLimitBytes: 1_000_000, // the route's own limit applies
    metrics,
    readiness: [{ name: 'postgres', check: acceptor.checkAccepting }],
  })
  let skew = 0
  await registerReceiver(app, {
    ...(allowedAddresses ? { allowedAddresses } : {}),
    accept: acceptor.accept,
    metrics,
    ...(evidence ? { evidence: evidence(pool) } : {}),
    now: () => Date.now() + skew,
    authenticators: {
      enabled: ['api-key'],
      apiKeyHeader: 'x-api-key',
      apiKeys: [API_KEY, SECOND_API_KEY],
      oauthClients: [],
      signingSecrets: [],
      ...authenticators,
    },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    url,
    pool,
    metrics,
    logged: () => lines.join(''),
    post: (body, headers = { 'x-api-key': API_KEY }) =>
      send(`${url}/webhooks/paxos`, typeof body === 'string' || isBytes(body) ? body : JSON.stringify(body), {
        'content-type': 'application/json',
        ...headers,
      }),
    storedRows: async () => (await pool.query('SELECT * FROM inbox_event ORDER BY seq')).rows,
    counted: async (labels) => {
      const { values } = await metrics.getSingleMetric('gatehouse_webhook_requests_total')!.get()
      return values.find(({ labels: { status, reason } }) => status === labels.status && reason === labels.reason)?.value ?? 0
    },
    tick: (ms) => {
      skew += ms
    },
    close: async () => {
      await app.close()
      await acceptor.close()
      await pool.end()
      await database.drop()
    },
  }
}

function isBytes(body: unknown): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array
}

export async function send(url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

/** A delivery as documented (paxos/api.md 2.2), all invented. */
export function delivery(given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    type: 'identity.approved',
    source: 'com.paxos',
    time: '2026-03-02T09:15:30Z',
    object: 'event',
    is_test: false,
    ...given,
  }
}
