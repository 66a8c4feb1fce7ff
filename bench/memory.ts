/**
 * Measures the memory of the receiver and the worker under full load, and its growth, and checks that the receiver refuses a burst (503)
 * instead of buffering it. It runs batches of onboardings for `--minutes`, then `--burst` events over more connections than
 * can wait for a commit. Afterwards every event with a 200 must be stored.
 *
 *   node bench/memory.ts [--minutes 3] [--batch 5000] [--burst 100000] [--connections 6000] [--profile <directory>] [--out <file>]
 *
 * Reads /proc, so it needs Linux. Uses the same servers as the other benches. The load needs one file descriptor per connection.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openDatabases } from './support/database.ts'
import { type GatehouseSettings, type Role, startRole } from './support/gatehouse.ts'
import type { LoadOrder, LoadResult } from './support/load.ts'
import { residentMegabytesOf } from './support/process-usage.ts'
import { startProgram } from './support/program.ts'
import { printReport } from './support/report.ts'
import { describeGround, openServices } from './support/services.ts'
import { medianOf, spreadOf } from './support/statistics.ts'
import { NOTICES_PER_ONBOARDING, untilReady } from './support/until-ready.ts'
import { approvals, deliveryOf, startUpstream } from './support/upstream.ts'

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    batch: { type: 'string', default: '5000' },
    burst: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '6000' },
    profile: { type: 'string' },
    out: { type: 'string' },
  },
})
const [minutes, batch, burst, connections] = [options.minutes, options.batch, options.burst, options.connections].map(Number) as [
  number,
  number,
  number,
  number,
]

/** The limits: resident memory, in megabytes. */
const RECEIVER_MB = 150
const WORKER_MB = 250
const CONCURRENCY = 50
const POSTED_AT_ONCE = 64
const SAMPLE_EVERY_MS = 500

interface Sample {
  atMs: number
  receiver: number
  worker: number
}

interface Burst {
  accepted: number
  /** Answered with 503. */
  refused: number
  /** Refused or broken connections. For a sender they count like a 503. */
  unanswered: number
  stored: number
  peakMb: number
}

const services = await openServices()
const databases = await openDatabases(services.postgresUrl)
const upstream = await startUpstream({ latencyMs: 0 })
const loader = await startProgram<LoadOrder>('load')
const settings = { redisUrl: services.redisUrl, upstream: upstream.ready, concurrency: CONCURRENCY, profileDirectory: options.profile }
try {
  const { samples, peaks, onboarded } = await underLoad()
  await services.emptyRedis()
  const held = await underBurst()
  const [receiver, worker] = [samples.map((sample) => sample.receiver), samples.map((sample) => sample.worker)]
  const once = (ratio: number) => spreadOf([ratio])
  printReport(
    {
      title: 'memory',
      settings: { minutes, batch, burst, connections, ...(await describeGround(services.postgresUrl)) },
      comparisons: [
        { name: `memory: ${RECEIVER_MB} MB / receiver's peak under load`, asked: 1, ...once(RECEIVER_MB / peaks.receiver) },
        { name: `memory: ${WORKER_MB} MB / worker's peak under load`, asked: 1, ...once(WORKER_MB / peaks.worker) },
        { name: `memory: ${RECEIVER_MB} MB / receiver's peak in a burst`, asked: 1, ...once(RECEIVER_MB / held.peakMb) },
        { name: 'memory: receiver at half time / at the end', asked: 0.9, ...once(flatness(receiver)) },
        { name: 'memory: worker at half time / at the end', asked: 0.9, ...once(flatness(worker)) },
      ],
      sides: [
        { name: 'load', figures: { onboarded, samples: samples.length } },
        {
          name: 'receiver',
          figures: { 'median MB': medianOf(receiver), 'peak MB': peaks.receiver, 'MB more per hour': slope(samples, 'receiver') },
        },
        {
          name: 'worker',
          figures: { 'median MB': medianOf(worker), 'peak MB': peaks.worker, 'MB more per hour': slope(samples, 'worker') },
        },
        { name: 'burst', figures: { ...held } },
      ],
    },
    options,
  )
} finally {
  await Promise.all([upstream.stop(), loader.stop()])
  await databases.close()
  await services.close()
}

async function underLoad(): Promise<{ samples: Sample[]; peaks: { receiver: number; worker: number }; onboarded: number }> {
  const database = await databases.create('migrated')
  const roles = await startRoles(['receiver', 'worker'], { ...settings, databaseUrl: database.url })
  const [receiver, worker] = roles as [Role, Role]
  const samples: Sample[] = []
  const startedMs = performance.now()
  const endMs = startedMs + minutes * 60_000
  const sampler = setInterval(() => {
    const resident = { receiver: residentMegabytesOf(receiver.pid).now, worker: residentMegabytesOf(worker.pid).now }
    samples.push({ atMs: performance.now() - startedMs, ...resident })
  }, SAMPLE_EVERY_MS)
  try {
    let onboarded = 0
    while (performance.now() < endMs) {
      const events = approvals(batch)
      await upstream.ask({ load: events })
      const order = {
        url: `${receiver.url}/webhooks/paxos`,
        concurrency: POSTED_AT_ONCE,
        deliveries: events.map(deliveryOf),
        patient: true,
      }
      await loader.ask<LoadResult>(order)
      onboarded += batch
      await untilReady(upstream, database, { notices: NOTICES_PER_ONBOARDING * batch, ready: onboarded })
    }
    const peaks = { receiver: residentMegabytesOf(receiver.pid).peak, worker: residentMegabytesOf(worker.pid).peak }
    return { samples, peaks, onboarded }
  } finally {
    clearInterval(sampler)
    await Promise.all(roles.map((role) => role.stop()))
    await database.drop()
  }
}

/** A receiver alone: its events go to a queue without a worker. */
async function underBurst(): Promise<Burst> {
  const database = await databases.create('migrated')
  const [receiver] = (await startRoles(['receiver'], { ...settings, databaseUrl: database.url })) as [Role]
  try {
    const order = { url: `${receiver.url}/webhooks/paxos`, concurrency: connections, deliveries: approvals(burst).map(deliveryOf) }
    const { accepted, refused: refusedConnections, statuses } = await loader.ask<LoadResult>(order)
    const others = Object.keys(statuses).filter((status) => /^\d+$/.test(status) && status !== '200' && status !== '503')
    if (others.length > 0) throw new Error(`the receiver answered ${JSON.stringify(statuses)}`)
    const count = async (): Promise<number> =>
      Number((await database.query<{ count: string }>('SELECT count(*) FROM inbox_event'))[0]?.count)
    const stored = await count()
    // Events without a 200 may be stored or not, so there may be more than were promised, never fewer.
    if (stored < accepted) throw new Error(`${accepted} events were accepted, ${stored} are stored`)
    await sleep(SAMPLE_EVERY_MS)
    const refused = statuses[503] ?? 0
    return { accepted, refused, unanswered: refusedConnections - refused, stored, peakMb: residentMegabytesOf(receiver.pid).peak }
  } finally {
    await receiver.stop()
    await database.drop()
  }
}

async function startRoles(names: readonly ('receiver' | 'worker')[], given: GatehouseSettings): Promise<Role[]> {
  const roles: Role[] = []
  for (const name of names) roles.push(await startRole(name, given))
  return roles
}

/** The middle fifth of the time compared with the last fifth. */
function flatness(values: readonly number[]): number {
  const part = (from: number, to: number): number => medianOf(values.slice(Math.floor(values.length * from), Math.ceil(values.length * to)))
  return part(0.4, 0.6) / part(0.8, 1)
}

/** Least squares over the second half, when caches are full, in megabytes per hour. */
function slope(samples: readonly Sample[], role: 'receiver' | 'worker'): number {
  const half = samples.slice(samples.length >> 1)
  const meanAt = half.reduce((sum, { atMs }) => sum + atMs, 0) / half.length
  const mean = half.reduce((sum, sample) => sum + sample[role], 0) / half.length
  const [over, under] = half.reduce(
    ([x, y], sample) => [x + (sample.atMs - meanAt) * (sample[role] - mean), y + (sample.atMs - meanAt) ** 2],
    [0, 0],
  )
  return (over / under) * 3_600_000
}
