/**
 * Measures onboardings per second, from the first webhook to the last `ready`: Gatehouse with its real processes, the textbook design,
 * and a loop that only makes the same upstream calls. Interleaved runs on new databases, compared pair by pair.
 *
 *   node bench/onboardings.ts [--events 5000] [--pairs 7] [--sides gatehouse-redis,textbook-redis,…] [--latency-ms 0]
 *                             [--concurrency 200] [--profile <directory>] [--out <file>]
 *
 * Uses the Postgres of DATABASE_URL (creates and drops databases there), otherwise the embedded one, and the Redis of REDIS_URL,
 * otherwise one on this machine. The side `gatehouse-full` uses the database of FULL_URL, on the same Postgres, which bench/seed-scale.ts has filled.
 * `--profile` writes a CPU profile of each role of Gatehouse. A run fails the bench unless each event leads to exactly one account, one ready onboarding and
 * two notifications.
 */
import { parseArgs } from 'node:util'
import { openDatabases } from './support/database.ts'
import type { LoadOrder, LoadResult } from './support/load.ts'
import { needsFullDatabase, SIDES, type Side, type SideName, startSide, workersOf } from './support/onboarding-sides.ts'
import { cpuSecondsOf, cpuSecondsOfSessions } from './support/process-usage.ts'
import { type Program, startProgram } from './support/program.ts'
import { type Comparison, printReport, type Report } from './support/report.ts'
import { describeGround, openServices, type Services } from './support/services.ts'
import { medianOf, spreadOf } from './support/statistics.ts'
import { NOTICES_PER_ONBOARDING, readyRows, untilReady } from './support/until-ready.ts'
import { approvals, deliveryOf, startUpstream, type Upstream, type UpstreamCounts } from './support/upstream.ts'

/**
 * Parallel jobs for each worker, on every side: within what BullMQ's documentation calls a standard setting for jobs that wait, 100 to 300.
 */
const STANDARD_CONCURRENCY = 200

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '5000' },
    'warm-up': { type: 'string', default: '500' },
    pairs: { type: 'string', default: '7' },
    sides: { type: 'string', default: SIDES.filter((side) => workersOf(side) === 1 && !needsFullDatabase(side)).join(',') },
    'latency-ms': { type: 'string', default: '0' },
    concurrency: { type: 'string', default: String(STANDARD_CONCURRENCY) },
    profile: { type: 'string' },
    out: { type: 'string' },
  },
})
const events = Number(options.events)
const warmUp = Number(options['warm-up'])
const latencyMs = Number(options['latency-ms'])
const concurrency = Number(options.concurrency)
const sides = options.sides.split(',').map((name) => {
  if (!SIDES.includes(name as SideName)) throw new Error(`--sides takes ${SIDES.join(', ')}`)
  return name as SideName
})

/** Webhooks in flight at once. */
const POSTED_AT_ONCE = 64
/** The consecutive calls of an onboarding: confirm the event, confirm the identity, create the account. */
const WAITS = 3
/** The targets: times the textbook's rate, and share of the loop's rate. */
const ASKED: [SideName, SideName, number | null][] = [
  ['gatehouse-redis', 'textbook-redis', 4],
  ['gatehouse-postgres', 'textbook-postgres', 3],
  ['gatehouse-redis', 'calls-only', 0.6],
  ['gatehouse-postgres', 'calls-only', 0.6],
  ['gatehouse-redis', 'textbook-calls-only', null],
  ['gatehouse-two-workers', 'gatehouse-redis', 1.6],
  ['gatehouse-full', 'gatehouse-redis', 0.9],
]

/** Without upstream latency, the shares of the rate have targets; with latency, the gain of a second worker has one. */
function askedHere(one: SideName, asked: number | null): number | null {
  return latencyMs > 0 === workersOf(one) > 1 ? asked : null
}

interface RunResult {
  rate: number
  /** Of the acknowledgements while all slots of the workers are in use; NaN if no webhook is posted. */
  ackP99Ms: number
  /** For each onboarding. */
  calls: Record<string, number>
  cpuMs: Record<string, number>
  transactions: number
  statements: number
}

interface Ground {
  services: Services
  databases: Awaited<ReturnType<typeof openDatabases>>
  upstream: Upstream
  loader: Program<LoadOrder, null>
}

const services = await openServices()
const databases = await openDatabases(services.postgresUrl, process.env.FULL_URL)
const upstream = await startUpstream({ latencyMs })
const loader = await startProgram<LoadOrder>('load')
try {
  printReport(await compare({ services, databases, upstream, loader }), options)
} finally {
  await Promise.all([upstream.stop(), loader.stop()])
  await databases.close()
  await services.close()
}

async function compare(ground: Ground): Promise<Report> {
  const rounds: Record<SideName, RunResult>[] = []
  for (let index = 0; index < Number(options.pairs); index += 1) {
    const round = {} as Record<SideName, RunResult>
    for (const side of index % 2 === 0 ? sides : sides.toReversed()) {
      round[side] = await run(ground, side)
      console.error(`round ${index + 1}  ${describe(side, round[side])}`)
    }
    rounds.push(round)
  }
  const ratio = (name: string, asked: number | null, each: (round: Record<SideName, RunResult>) => number): Comparison => ({
    name,
    asked,
    ...spreadOf(rounds.map(each)),
  })
  const suffix = `${concurrency === STANDARD_CONCURRENCY ? '' : `, ${concurrency} at once`}${latencyMs > 0 ? `, ${latencyMs} ms upstream` : ''}`
  const compared = ASKED.filter(([one, other]) => sides.includes(one) && sides.includes(other)).map(([one, other, asked]) =>
    ratio(`onboardings: ${one} / ${other}${suffix}`, askedHere(one, asked), (round) => round[one].rate / round[other].rate),
  )
  const allowed = (side: SideName): number => (workersOf(side) * concurrency) / ((WAITS * latencyMs) / 1_000)
  const reached = sides
    .filter((side) => latencyMs > 0 && side.startsWith('gatehouse'))
    .map((side) =>
      ratio(`onboardings: ${side} / what concurrency × latency allows${suffix}`, 0.9, (round) => round[side].rate / allowed(side)),
    )
  return {
    title: 'onboardings',
    settings: { events, warmUp, concurrency, latencyMs, ...(await describeGround(ground.services.postgresUrl)) },
    comparisons: [...compared, ...reached],
    sides: sides.map((side) => ({ name: side, figures: figuresOf(rounds.map((round) => round[side])) })),
  }
}

async function run({ services, databases, upstream, loader }: Ground, name: SideName): Promise<RunResult> {
  const all = approvals(warmUp + events)
  await services.emptyRedis()
  await upstream.ask({ load: all })
  const side = await startSide(name, {
    databases,
    redisUrl: services.redisUrl,
    upstream: upstream.ready,
    concurrency,
    profileDirectory: options.profile,
  })
  const database = side.served?.database
  try {
    const deliveries = all.map(deliveryOf)
    const onboard = async (from: number, to: number): Promise<{ elapsedMs: number; ackP99Ms: number }> => {
      const part = deliveries.slice(from, to)
      if (!side.served) {
        const startedAt = now()
        await side.run?.(part)
        return { elapsedMs: now() - startedAt, ackP99Ms: Number.NaN }
      }
      const loaded = await loader.ask<LoadResult>({
        url: side.served.webhookUrl,
        concurrency: POSTED_AT_ONCE,
        deliveries: part,
        patient: true,
      })
      if (loaded.refused > 0) console.error(`${name} refused some webhooks at first: ${JSON.stringify(loaded.statuses)}`)
      await untilReady(upstream, side.served.database, { notices: NOTICES_PER_ONBOARDING * to, ready: to })
      return { elapsedMs: now() - loaded.startedAt, ackP99Ms: loaded.p99Ms }
    }
    await onboard(0, warmUp)
    await upstream.ask('restart counts')
    const cpuBefore = await cpuSeconds(services, side, upstream.pid, loader.pid)
    const { elapsedMs, ackP99Ms } = await onboard(warmUp, all.length)
    const cpuAfter = await cpuSeconds(services, side, upstream.pid, loader.pid)
    const counts = await upstream.ask<UpstreamCounts>('counts')
    await verify(name, side, counts, all.length)
    await side.stop()
    const work = (await database?.work()) ?? { transactions: Number.NaN, statements: null }
    return {
      rate: events / (elapsedMs / 1_000),
      ackP99Ms,
      calls: Object.fromEntries(Object.entries(counts.calls).map(([operation, count]) => [operation, count / events])),
      cpuMs: Object.fromEntries(Object.entries(cpuAfter).map(([role, after]) => [role, ((after - cpuBefore[role]!) * 1_000) / events])),
      transactions: work.transactions / all.length,
      statements: (work.statements ?? Number.NaN) / all.length,
    }
  } finally {
    await side.stop()
    await database?.drop()
  }
}

/** Milliseconds since 1970, with fractions: processes of one machine agree on it. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

async function verify(name: SideName, side: Side, counts: UpstreamCounts, expected: number): Promise<void> {
  const { accounts, identitiesWithAccount, notices, noticeKeys } = counts
  const seen = {
    accounts,
    identitiesWithAccount,
    notices: notices / NOTICES_PER_ONBOARDING,
    noticeKeys: noticeKeys / NOTICES_PER_ONBOARDING,
    ready: side.served ? await readyRows(side.served.database) : expected,
  }
  for (const [what, count] of Object.entries(seen))
    if (count !== expected) throw new Error(`${name}: ${count} ${what} for ${expected} events`)
}

/** CPU time by role until now. */
async function cpuSeconds(services: Services, side: Side, upstreamPid: number, loaderPid: number): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {}
  for (const { role, pid } of side.processes) seconds[role] = (seconds[role] ?? 0) + cpuSecondsOf(pid)
  if (side.served) {
    seconds.postgres = cpuSecondsOfSessions(side.served.database.name)
    seconds.redis = await services.redisCpuSeconds()
    seconds.load = cpuSecondsOf(loaderPid)
  }
  seconds.upstream = cpuSecondsOf(upstreamPid)
  return seconds
}

function describe(side: SideName, { rate, ackP99Ms, calls, cpuMs, transactions, statements }: RunResult): string {
  const list = (figures: Record<string, number>): string =>
    Object.entries(figures)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', ')
  return `${side.padEnd(18)} ${rate.toFixed(0).padStart(5)}/s  acks p99 ${ackP99Ms.toFixed(1)} ms  transactions ${transactions.toFixed(1)}  statements ${statements.toFixed(1)}  calls: ${list(calls)}  cpu ms: ${list(cpuMs)}`
}

function figuresOf(results: RunResult[]): Record<string, number> {
  const names = (pick: (result: RunResult) => Record<string, number>): string[] => [
    ...new Set(results.flatMap((result) => Object.keys(pick(result)))),
  ]
  const median = (pick: (result: RunResult) => number): number => medianOf(results.map(pick))
  return {
    'onboardings/s': median(({ rate }) => rate),
    'acks p99 ms': median(({ ackP99Ms }) => ackP99Ms),
    transactions: median(({ transactions }) => transactions),
    statements: median(({ statements }) => statements),
    ...Object.fromEntries(names(({ calls }) => calls).map((name) => [`calls ${name}`, median(({ calls }) => calls[name] ?? 0)])),
    ...Object.fromEntries(names(({ cpuMs }) => cpuMs).map((name) => [`cpu ms ${name}`, median(({ cpuMs }) => cpuMs[name] ?? Number.NaN)])),
  }
}
