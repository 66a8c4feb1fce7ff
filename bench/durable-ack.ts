/**
 * Compares the rate of the receiver, which commits each event durably (fsync, synchronous_commit on) before it answers, with the rate of a
 * bare Fastify route and of node:http without a framework. Interleaved runs, compared pair by pair.
 *
 *   node bench/durable-ack.ts [--pairs 7] [--seconds 7] [--concurrency 64] [--client http|fetch] [--writers 1]
 *                             [--profile <directory>] [--out <file>]
 *
 * Uses the Postgres of DATABASE_URL (creates and drops a database there), otherwise the embedded one. With FULL_URL, a database on the same
 * server that bench/seed-scale.ts has filled, it also measures the receiver there.
 * The load, Postgres and the servers share the machine. Beside the rates it prints the CPU time of one acknowledgement in each of
 * them; on two cores this shows which one is the limit. With `--concurrency 1`, p50 is the time of one commit.
 * `--profile` writes a CPU profile of the receiver.
 */
import { parseArgs } from 'node:util'
import { openDatabases } from './support/database.ts'
import { LOAD_CLIENTS, type LoadClient, type LoadOrder, type LoadResult } from './support/load.ts'
import { cpuSecondsOf, cpuSecondsOfSessions } from './support/process-usage.ts'
import { type Program, startProgram } from './support/program.ts'
import { printReport, type Report } from './support/report.ts'
import { describeGround, openPostgres } from './support/services.ts'
import { medianOf, spreadOf } from './support/statistics.ts'

const { FULL_URL } = process.env
const ALL_SIDES = ['receiver', 'receiver-full', 'bare-fastify', 'bare-http'] as const
type Side = (typeof ALL_SIDES)[number]
const SIDES = ALL_SIDES.filter((side) => side !== 'receiver-full' || FULL_URL)

interface SideResult extends LoadResult {
  /** CPU time per answer in the server and in its Postgres sessions, in microseconds. */
  serverCpuUs: number
  postgresCpuUs: number
}

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '7' },
    concurrency: { type: 'string', default: '64' },
    client: { type: 'string', default: 'http' },
    writers: { type: 'string', default: '1' },
    profile: { type: 'string' },
    out: { type: 'string' },
  },
})
const [pairs, seconds, concurrency, writers] = [options.pairs, options.seconds, options.concurrency, options.writers].map(Number) as [
  number,
  number,
  number,
  number,
]
const client = clientNamed(options.client)
/** The warm-up, in which V8 compiles the measured code. Not measured. */
const WARM_UP_SECONDS = Math.min(2, seconds)

const postgres = await openPostgres()
const databases = await openDatabases(postgres.url, FULL_URL)
try {
  printReport(await compare(), options)
} finally {
  await databases.close()
  await postgres.close()
}

async function compare(): Promise<Report> {
  const database = await databases.create('migrated')
  const full = FULL_URL ? await databases.full() : null
  const databaseOf = (side: Side) => (side === 'receiver-full' && full ? full : database)
  const loader = await startProgram<LoadOrder>('load')
  const servers = {} as Record<Side, Program<never, string>>
  try {
    for (const side of SIDES) {
      const profileDirectory = side === 'receiver' ? options.profile : undefined
      servers[side] = await startProgram(
        'ack',
        { side: side === 'receiver-full' ? 'receiver' : side, databaseUrl: databaseOf(side).url, writers },
        { profileDirectory },
      )
    }
    const run = async (side: Side, forSeconds: number): Promise<SideResult> => {
      const { pid, ready: url } = servers[side]
      const before = { server: cpuSecondsOf(pid), postgres: cpuSecondsOfSessions(databaseOf(side).name) }
      const result = await loader.ask<LoadResult>({ url, concurrency, client, seconds: forSeconds })
      if (result.refused > 0) throw new Error(`${side} answered ${JSON.stringify(result.statuses)}`)
      const each = (from: number, to: number): number => ((to - from) * 1e6) / result.accepted
      return {
        ...result,
        serverCpuUs: each(before.server, cpuSecondsOf(pid)),
        postgresCpuUs: each(before.postgres, cpuSecondsOfSessions(databaseOf(side).name)),
      }
    }
    const acknowledged = {} as Record<Side, number>
    for (const side of SIDES) acknowledged[side] = (await run(side, WARM_UP_SECONDS)).accepted
    const rounds: Record<Side, SideResult>[] = []
    for (let index = 0; index < pairs; index += 1) {
      const round = {} as Record<Side, SideResult>
      for (const side of index % 2 === 0 ? SIDES : SIDES.toReversed()) {
        round[side] = await run(side, seconds)
        acknowledged[side] += round[side].accepted
        console.error(`round ${index + 1}  ${describe(side, round[side])}`)
      }
      rounds.push(round)
    }
    for (const side of SIDES.filter((each) => each.startsWith('receiver'))) {
      const { query, since } = databaseOf(side)
      const [stored] = await query<{ count: string }>('SELECT count(*) FROM inbox_event WHERE received_at >= $1', [since])
      if (Number(stored?.count) !== acknowledged[side])
        throw new Error(`${side}: ${acknowledged[side]} events were acknowledged, ${stored?.count} are stored`)
    }
    const suffix = client === 'http' ? '' : `, load by ${client}`
    const ratio = (other: Side) => spreadOf(rounds.map((round) => round.receiver.rate / round[other].rate))
    const inFull = () => spreadOf(rounds.map((round) => round['receiver-full'].rate / round.receiver.rate))
    return {
      title: 'durable acknowledgements',
      settings: { seconds, concurrency, client, writers, stored: acknowledged.receiver, ...(await describeGround(postgres.url)) },
      comparisons: [
        { name: `durable acks: receiver / bare Fastify${suffix}`, asked: 0.9, ...ratio('bare-fastify') },
        { name: `durable acks: receiver / bare node:http${suffix}`, asked: null, ...ratio('bare-http') },
        ...(full ? [{ name: `durable acks: receiver in a full database / in an empty one${suffix}`, asked: 0.9, ...inFull() }] : []),
      ],
      sides: SIDES.map((side) => ({ name: side, figures: figuresOf(rounds.map((round) => round[side])) })),
    }
  } finally {
    await Promise.all([loader, ...Object.values(servers)].map((program) => program.stop()))
    await Promise.all([database.drop(), full?.drop()])
  }
}

function clientNamed(name: string): LoadClient {
  const client = LOAD_CLIENTS.find((each) => each === name)
  if (!client) throw new Error(`--client takes ${LOAD_CLIENTS.join(', ')}`)
  return client
}

function describe(side: Side, { rate, p50Ms, p99Ms, serverCpuUs, postgresCpuUs, clientCpuUs }: SideResult): string {
  const cpu = [serverCpuUs, postgresCpuUs, clientCpuUs].map((us) => us.toFixed(0)).join('+')
  return `${side.padEnd(12)} ${rate.toFixed(0).padStart(6)}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  cpu ${cpu} us`
}

function figuresOf(results: SideResult[]): Record<string, number> {
  const median = (pick: (result: SideResult) => number): number => medianOf(results.map(pick))
  return {
    'answers/s': median(({ rate }) => rate),
    'p50 ms': median(({ p50Ms }) => p50Ms),
    'p99 ms': median(({ p99Ms }) => p99Ms),
    'cpu us server': median(({ serverCpuUs }) => serverCpuUs),
    'cpu us postgres': median(({ postgresCpuUs }) => postgresCpuUs),
    'cpu us load': median(({ clientCpuUs }) => clientCpuUs),
  }
}
