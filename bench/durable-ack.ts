/**
 * How much of a bare Fastify route's rate the receiver keeps while it commits each event durably (fsync, synchronous_commit on)
 * before it answers. Interleaved runs of the two in one process tree, compared pair by pair.
 *
 *   DATABASE_URL=postgres://… node bench/durable-ack.ts [--pairs 7] [--seconds 7] [--concurrency 64] [--json]
 *
 * A database of its own is created on that server and dropped at the end. Exit code 1 when the median ratio is below --floor.
 * The load, Postgres and both servers share the machine: on two cores the CPU time that an acknowledgement costs in each of
 * them, printed beside the rates, says which one is the limit. With `--concurrency 1` p50 is what one commit costs.
 * To profile: `--serve receiver` in a shell under `node --cpu-prof`, `--load <url>` in another.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { cpus } from 'node:os'
import { createHistogram } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Fastify from 'fastify'
import pg from 'pg'
import { Registry } from 'prom-client'
import { createEventAcceptor } from '../src/inbox/accept-events.ts'
import { createHttpServer } from '../src/platform/http-server.ts'
import { createLogger } from '../src/platform/logger.ts'
import { migrate } from '../src/platform/migrate.ts'
import { registerReceiver } from '../src/receive/register-receiver.ts'

const HEADER = 'x-api-key'
const API_KEY = 'an-invented-api-key-for-the-bench'
const SELF = fileURLToPath(import.meta.url)

type Side = 'bare' | 'receiver'

interface LoadOrder {
  url: string
  seconds: number
  concurrency: number
}

interface LoadResult {
  /** Answers with 200 per second. */
  rate: number
  accepted: number
  refused: number
  p50Ms: number
  p99Ms: number
  /** CPU time of an answer in the loading process, microseconds. */
  clientCpuUs: number
}

interface SideResult extends LoadResult {
  /** CPU time of an answer in the server, microseconds. */
  serverCpuUs: number
}

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '7' },
    concurrency: { type: 'string', default: '64' },
    writers: { type: 'string', default: '1' },
    floor: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    serve: { type: 'string' },
    load: { type: 'string' },
  },
})
const order = { seconds: Number(options.seconds), concurrency: Number(options.concurrency) }

if (options.serve === 'bare' || options.serve === 'receiver') await serve(options.serve)
else if (options.load === 'orders') process.on('message', (given: LoadOrder) => void load(given).then((result) => process.send?.(result)))
else if (options.load) console.log(await load({ ...order, url: options.load }))
else await compare()

/** Serves one side until the parent goes, or Ctrl-C. */
async function serve(side: Side): Promise<void> {
  const { url, close } = side === 'bare' ? await serveBare() : await serveReceiver(databaseUrl())
  if (!process.send) console.log(url)
  process.send?.(url)
  process.on('message', () => process.send?.(cpuMicroseconds()))
  const stop = (): void => void close().then(() => process.exit(0))
  process.on('disconnect', stop)
  process.on('SIGINT', stop)
}

/** What the receiver is measured against: the same body parsed, the same header checked, nothing stored. */
async function serveBare(): Promise<{ url: string; close: () => Promise<void> }> {
  const app = Fastify()
  app.post('/webhooks/paxos', async (request, reply) => {
    if (request.headers[HEADER] !== API_KEY) return reply.code(401).send({ status: 'unauthenticated' })
    const { id, type } = request.body as { id: string; type: string }
    return { status: id && type ? 'accepted' : 'malformed' }
  })
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

/** The receiver as `gatehouse receiver` runs it, but for the queue behind it. */
async function serveReceiver(connectionString: string): Promise<{ url: string; close: () => Promise<void> }> {
  const metrics = new Registry()
  const logger = createLogger({ level: 'warn' })
  const acceptor = createEventAcceptor({ connectionString, logger, metrics, writers: Number(options.writers) })
  const app = await createHttpServer({ logger, bodyLimitBytes: 16_384, metrics, readiness: [] })
  await registerReceiver(app, {
    accept: acceptor.accept,
    metrics,
    authenticators: { enabled: ['api-key'], apiKeyHeader: HEADER, apiKeys: [API_KEY], oauthClients: [], signingSecrets: [] },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    close: async () => {
      await app.close()
      await acceptor.close()
    },
  }
}

/** Keeps `concurrency` requests under way for `seconds`, each with a new event. By node:http: undici is as fast, but pauses for 15 ms. */
async function load({ url, seconds, concurrency }: LoadOrder): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const { hostname, port } = new URL(url)
  const host = { hostname, port }
  const latency = createHistogram()
  let accepted = 0
  let refused = 0
  const cpuBefore = cpuMicroseconds()
  const started = performance.now()
  const end = started + seconds * 1_000
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let sentAt = performance.now(); sentAt < end; ) {
        const status = await deliver(host, agent)
        const now = performance.now()
        latency.record(Math.max(1, Math.round((now - sentAt) * 1_000)))
        if (status === 200) accepted += 1
        else refused += 1
        sentAt = now
      }
    }),
  )
  const elapsedSeconds = (performance.now() - started) / 1_000
  agent.destroy()
  return {
    rate: accepted / elapsedSeconds,
    accepted,
    refused,
    p50Ms: latency.percentile(50) / 1_000,
    p99Ms: latency.percentile(99) / 1_000,
    clientCpuUs: (cpuMicroseconds() - cpuBefore) / accepted,
  }
}

function deliver(host: { hostname: string; port: string }, agent: Agent): Promise<number> {
  const body = `{"id":"${randomUUID()}","type":"identity.approved","source":"com.paxos","time":"2026-03-02T09:15:30Z","object":"event","is_test":false}`
  const headers = { 'content-type': 'application/json', 'content-length': body.length, [HEADER]: API_KEY }
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...host, path: '/webhooks/paxos', method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const [answer] = (await once(child, 'message')) as [Answer] // our own children say what we expect
  return answer
}

function ask<Answer>(child: ChildProcess, question: LoadOrder | 'cpu'): Promise<Answer> {
  child.send(question)
  return answerOf<Answer>(child)
}

async function compare(): Promise<void> {
  const database = await createDatabase(databaseUrl())
  const children: ChildProcess[] = []
  const start = (...args: string[]): ChildProcess => {
    const child = fork(SELF, [...args, '--writers', options.writers], { env: { ...process.env, DATABASE_URL: database.url } })
    children.push(child)
    return child
  }
  try {
    const loader = start('--load', 'orders')
    const servers = { bare: start('--serve', 'bare'), receiver: start('--serve', 'receiver') }
    const urls = {
      bare: await answerOf<string>(servers.bare),
      receiver: await answerOf<string>(servers.receiver),
    }
    const run = async (side: Side, seconds = order.seconds): Promise<SideResult> => {
      const cpuBefore = await ask<number>(servers[side], 'cpu')
      const result = await ask<LoadResult>(loader, { ...order, seconds, url: urls[side] } satisfies LoadOrder)
      if (result.refused > 0) throw new Error(`${result.refused} requests to ${side} were not answered with 200`)
      return { ...result, serverCpuUs: ((await ask<number>(servers[side], 'cpu')) - cpuBefore) / result.accepted }
    }
    let sent = 0
    for (const side of ['bare', 'receiver'] as const) {
      const { accepted } = await run(side, 2) // compiles both, counts for nothing
      if (side === 'receiver') sent += accepted
    }
    const pairs: Record<Side, SideResult>[] = []
    for (let i = 0; i < Number(options.pairs); i += 1) {
      const pair = {} as Record<Side, SideResult>
      for (const side of i % 2 === 0 ? (['bare', 'receiver'] as const) : (['receiver', 'bare'] as const)) pair[side] = await run(side)
      pairs.push(pair)
      sent += pair.receiver.accepted
      if (!options.json) console.log(pairLine(i, pair))
    }
    const stored = await database.countEvents()
    if (stored !== sent) throw new Error(`${sent} events were acknowledged, ${stored} are stored`)
    report(pairs, { ...database.settings, eventsStored: stored })
  } finally {
    for (const child of children) child.disconnect()
    await Promise.all(children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')))
    await database.drop()
  }
}

function ratioOf({ bare, receiver }: Record<Side, SideResult>): number {
  return receiver.rate / bare.rate
}

function pairLine(index: number, pair: Record<Side, SideResult>): string {
  const side = ({ rate, p50Ms, p99Ms, serverCpuUs, clientCpuUs }: SideResult): string =>
    `${rate.toFixed(0).padStart(6)}/s  p50 ${p50Ms.toFixed(1).padStart(5)} ms  p99 ${p99Ms.toFixed(1).padStart(5)} ms` +
    `  cpu ${serverCpuUs.toFixed(0)}+${clientCpuUs.toFixed(0)} us`
  return `pair ${index + 1}   bare ${side(pair.bare)}   durable ${side(pair.receiver)}   ratio ${ratioOf(pair).toFixed(3)}`
}

function report(pairs: Record<Side, SideResult>[], settings: Record<string, unknown>): void {
  const ratios = pairs.map(ratioOf).toSorted((a, b) => a - b)
  const median = medianOf(ratios)
  const summary = {
    ratio: { median, min: ratios[0], max: ratios.at(-1), pairs: ratios.length },
    bare: summarise(pairs.map(({ bare }) => bare)),
    durable: summarise(pairs.map(({ receiver }) => receiver)),
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, ...order, writers: Number(options.writers) },
    postgres: settings,
  }
  if (options.json) console.log(JSON.stringify(summary))
  else {
    console.log(
      `\nratio: median ${median.toFixed(3)}, from ${ratios[0]!.toFixed(3)} to ${ratios.at(-1)!.toFixed(3)} in ${ratios.length} pairs`,
    )
    console.log('bare   ', summary.bare, '\ndurable', summary.durable, '\n', summary.machine, '\n', settings)
  }
  if (median < Number(options.floor)) process.exitCode = 1
}

function summarise(results: SideResult[]): Record<string, number> {
  const columns = ['rate', 'p50Ms', 'p99Ms', 'serverCpuUs', 'clientCpuUs'] as const
  return Object.fromEntries(columns.map((column) => [column, Number(medianOf(results.map((result) => result[column])).toFixed(1))]))
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

interface BenchDatabase {
  url: string
  settings: Record<string, unknown>
  countEvents: () => Promise<number>
  drop: () => Promise<void>
}

async function createDatabase(serverUrl: string): Promise<BenchDatabase> {
  const name = `gatehouse_bench_${process.pid}`
  const query = async <Row extends pg.QueryResultRow>(connectionString: string, sql: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    try {
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end()
    }
  }
  await query(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await migrate({ connectionString: url.href, log: createLogger({ level: 'warn' }) })
  const [settings] = await query(
    url.href,
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('wal_sync_method') AS wal_sync_method, current_setting('full_page_writes') AS full_page_writes`,
  )
  return {
    url: url.href,
    settings: settings!,
    countEvents: async () => Number((await query<{ count: string }>(url.href, 'SELECT count(*) FROM inbox_event'))[0]!.count),
    drop: async () => void (await query(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)),
  }
}

function databaseUrl(): string {
  const url = process.env.DATABASE_URL
  if (!url) throw new Error('set DATABASE_URL to a Postgres server on which a database may be created')
  return url
}
