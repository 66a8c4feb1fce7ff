/**
 * Measures orders per second and CPU time per order: Gatehouse with its real processes (operator and worker), and a textbook order service, which inserts
 * a row, calls the brokerage and updates the row. Interleaved runs on new databases with the same simulator, compared pair by pair.
 *
 *   node bench/orders.ts [--orders 1000] [--pairs 3] [--sides gatehouse-redis,gatehouse-postgres,textbook] [--out <file>]
 *
 * The textbook checks neither customer nor market, polls no fill, keeps no ledger and sends no notification. After a crash or a lost answer it does not know
 * its order. A run fails the bench unless it places each order exactly once.
 */
import { parseArgs } from 'node:util'
import { Agent, request } from 'undici'
import { type BenchDatabase, type Databases, openDatabases } from './support/database.ts'
import { OPERATOR_TOKEN, startRole } from './support/gatehouse.ts'
import { cpuSecondsOf, cpuSecondsOfSessions } from './support/process-usage.ts'
import { type Program, startProgram } from './support/program.ts'
import { printReport, type Report } from './support/report.ts'
import { describeGround, openServices, type Services } from './support/services.ts'
import type { SimulatedCustomer, SimulatorQuestion, SimulatorUrls } from './support/simulator-process.ts'
import { medianOf, spreadOf } from './support/statistics.ts'
import { startUpstream } from './support/upstream.ts'

const SIDES = ['gatehouse-redis', 'gatehouse-postgres', 'textbook'] as const
type SideName = (typeof SIDES)[number]
const CUSTOMERS = 50
/** Requests in flight. */
const AT_ONCE = 32
const BODY = JSON.stringify({ side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '10.50' })

const { values: options } = parseArgs({
  options: {
    orders: { type: 'string', default: '1000' },
    'warm-up': { type: 'string', default: '300' },
    pairs: { type: 'string', default: '3' },
    sides: { type: 'string', default: SIDES.join(',') },
    out: { type: 'string' },
  },
})
const orders = Number(options.orders)
const warmUp = Number(options['warm-up'])
const sides = SIDES.filter((side) => options.sides.split(',').includes(side))

type Simulator = Program<SimulatorQuestion, SimulatorUrls>

/** A side that is up: where orders are posted, for which accounts, and whose CPU time counts. */
interface Side {
  url: string
  accountIds: readonly string[]
  pids: readonly number[]
  /** Resolves when this many orders have ended, if the side follows orders. */
  ended: (orders: number) => Promise<void>
  stop: () => Promise<void>
}

interface RunResult {
  /** From the first request to the last answer. */
  rate: number
  /** From the first request until the last fill is on record. */
  endedRate: number
  /** For each order. */
  cpuMs: number
  postgresCpuMs: number
}

const services = await openServices()
const databases = await openDatabases(services.postgresUrl)
try {
  printReport(await compare(services, databases), options)
} finally {
  await databases.close()
  await services.close()
}

async function compare(ground: Services, from: Databases): Promise<Report> {
  const rounds: Record<SideName, RunResult>[] = []
  for (let index = 0; index < Number(options.pairs); index += 1) {
    const round = {} as Record<SideName, RunResult>
    for (const side of index % 2 === 0 ? sides : sides.toReversed()) {
      round[side] = await run(ground, from, side)
      console.error(`round ${index + 1}  ${side.padEnd(18)} ${JSON.stringify(round[side])}`)
    }
    rounds.push(round)
  }
  const compared = sides.filter((side) => side !== 'textbook' && sides.includes('textbook'))
  const ratio = (name: string, each: (round: Record<SideName, RunResult>) => number) => ({
    name,
    asked: null,
    ...spreadOf(rounds.map(each)),
  })
  return {
    title: 'orders',
    settings: { orders, warmUp, customers: CUSTOMERS, 'at once': AT_ONCE, ...(await describeGround(ground.postgresUrl)) },
    comparisons: compared.flatMap((side) => [
      ratio(`orders/s: ${side} / textbook`, (round) => round[side].rate / round.textbook.rate),
      ratio(`CPU per order: ${side} / textbook`, (round) => totalCpu(round[side]) / totalCpu(round.textbook)),
    ]),
    sides: sides.map((name) => {
      const median = (each: (result: RunResult) => number): number => medianOf(rounds.map((round) => each(round[name])))
      const figures = {
        'orders/s': median(({ rate }) => rate),
        'ended/s': median(({ endedRate }) => endedRate),
        'cpu ms': median(({ cpuMs }) => cpuMs),
        'cpu ms postgres': median(({ postgresCpuMs }) => postgresCpuMs),
      }
      return { name, figures }
    }),
  }
}

function totalCpu({ cpuMs, postgresCpuMs }: RunResult): number {
  return cpuMs + postgresCpuMs
}

async function run(ground: Services, from: Databases, name: SideName): Promise<RunResult> {
  await ground.emptyRedis()
  const database = await from.create(name === 'textbook' ? 'empty' : 'migrated')
  const simulator: Simulator = await startProgram('simulator')
  const agent = new Agent({ connections: AT_ONCE })
  let side: Side | null = null
  try {
    side = name === 'textbook' ? await openTextbook(simulator, database) : await openGatehouse(ground, simulator, { database, name, agent })
    await postAll(side, { dispatcher: agent, from: 0, to: warmUp })
    await side.ended(warmUp)
    const before = await simulator.ask<{ orders: number }>('orders')
    const [cpuBefore, postgresBefore] = [cpuOf(side.pids), cpuSecondsOfSessions(database.name)]
    const startedAt = performance.now()
    await postAll(side, { dispatcher: agent, from: warmUp, to: warmUp + orders })
    const answeredMs = performance.now() - startedAt
    await side.ended(warmUp + orders)
    const endedMs = performance.now() - startedAt
    const [cpuAfter, postgresAfter] = [cpuOf(side.pids), cpuSecondsOfSessions(database.name)]
    const after = await simulator.ask<{ orders: number; refIds: number }>('orders')
    if (after.orders - before.orders !== orders || after.refIds !== after.orders)
      throw new Error(`${name}: ${JSON.stringify(after)} for ${orders} orders`)
    return {
      rate: orders / (answeredMs / 1_000),
      endedRate: orders / (endedMs / 1_000),
      cpuMs: ((cpuAfter - cpuBefore) * 1_000) / orders,
      postgresCpuMs: ((postgresAfter - postgresBefore) * 1_000) / orders,
    }
  } finally {
    await side?.stop()
    await agent.close()
    await simulator.stop()
    await database.drop()
  }
}

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
}

async function postAll(
  { url, accountIds }: Side,
  { dispatcher, from, to }: { dispatcher: Agent; from: number; to: number },
): Promise<void> {
  let next = from
  const lane = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      const path = `/v1/accounts/${accountIds[index % accountIds.length]}/orders`
      await post(`${url}${path}`, { dispatcher, body: BODY, key: `bench-${index}` })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function post(url: string, { dispatcher, body, key }: { dispatcher: Agent; body: string; key: string }): Promise<void> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json', 'idempotency-key': key }
  const answer = await request(url, { method: 'POST', dispatcher, headers, body })
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${url} answers ${answer.statusCode} ${text}`)
}

async function openTextbook(simulator: Simulator, database: BenchDatabase): Promise<Side> {
  const identityIds = await simulator.ask<string[]>({ customers: CUSTOMERS, webhookUrl: null })
  const customers = await openAccounts(simulator.ready, identityIds)
  const service = await startProgram<never, string>('textbook-orders', { databaseUrl: database.url, upstream: simulator.ready, customers })
  const accountIds = customers.map(({ accountId }) => accountId)
  return { url: service.ready, accountIds, pids: [service.pid], ended: async () => {}, stop: () => service.stop() }
}

/** Accounts with profiles and money, created directly at the simulator. */
async function openAccounts({ apiUrl, tokenUrl }: SimulatorUrls, identityIds: readonly string[]): Promise<SimulatedCustomer[]> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'bench', client_secret: 'bench' })
  const { access_token: token } = (await (await fetch(tokenUrl, { method: 'POST', body: form })).json()) as { access_token: string }
  const send = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${apiUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path} answers ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Answer
  }
  const customers: SimulatedCustomer[] = []
  for (const identityId of identityIds) {
    const account = { identity_id: identityId, ref_id: identityId, type: 'BROKERAGE' }
    const made = await send<{ id: string; profile_id: string }>('/identity/accounts', { create_profile: true, account })
    await send(`/sandbox/profiles/${made.profile_id}/deposit`, { asset: 'USD', amount: '100000.00' })
    customers.push({ identityId, accountId: made.id, profileId: made.profile_id })
  }
  return customers
}

async function openGatehouse(
  ground: Services,
  simulator: Simulator,
  { database, name, agent }: { database: BenchDatabase; name: SideName; agent: Agent },
): Promise<Side> {
  const redisUrl = name === 'gatehouse-redis' ? ground.redisUrl : null
  const notices = await startUpstream({ latencyMs: 0 })
  const upstream = { ...simulator.ready, noticeUrl: notices.ready.noticeUrl }
  const own = { databaseUrl: database.url, redisUrl, upstream, concurrency: 50 }
  const receiver = await startRole('receiver', own)
  const worker = await startRole('worker', own)
  const operator = await startRole('operator', own)
  await simulator.ask({ customers: CUSTOMERS, webhookUrl: receiver.url })
  await reached(database, `SELECT count(*)::int AS count FROM onboarding WHERE state = 'ready'`, CUSTOMERS)
  const accountIds = (await database.query<{ id: string }>('SELECT account_id AS id FROM onboarding')).map(({ id }) => id)
  const money = JSON.stringify({ asset: 'USD', amount: '100000.00' })
  for (const id of accountIds)
    await post(`${operator.url}/v1/accounts/${id}/deposits`, { dispatcher: agent, body: money, key: `fund-${id}` })
  await reached(database, `SELECT count(*)::int AS count FROM deposit WHERE state = 'completed'`, CUSTOMERS)
  await receiver.stop()
  return {
    url: operator.url,
    accountIds,
    pids: [worker.pid, operator.pid],
    ended: (wanted) => reached(database, `SELECT count(*)::int AS count FROM trade_order WHERE state = 'filled' AND settled`, wanted),
    stop: async () => {
      await operator.stop()
      await worker.stop()
      await notices.stop()
    },
  }
}

/** Waits for the count. @throws after 5 min */
async function reached(database: BenchDatabase, sql: string, wanted: number): Promise<void> {
  const deadline = Date.now() + 300_000
  for (;;) {
    const [row] = await database.query<{ count: number }>(sql)
    if (row?.count === wanted) return
    if (Date.now() > deadline) throw new Error(`${row?.count} of ${wanted} after five minutes: ${sql}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
