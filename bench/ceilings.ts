/**
 * Measures single parts, as a scale for the other benches: rows per second of the inbox's group insert, and no-op jobs
 * per second of BullMQ on each backend. Absolute figures of this machine; they have no minimum.
 *
 *   node bench/ceilings.ts [--rounds 3] [--seconds 3] [--jobs 10000] [--concurrency 50] [--out <file>]
 */
import { parseArgs } from 'node:util'
import { openDatabases } from './support/database.ts'
import { startProgram } from './support/program.ts'
import { printReport } from './support/report.ts'
import { describeGround, openServices } from './support/services.ts'
import { medianOf } from './support/statistics.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '50' },
    out: { type: 'string' },
  },
})
const [seconds, jobs, concurrency] = [Number(options.seconds), Number(options.jobs), Number(options.concurrency)]
/** The most events that the receiver puts into one commit. */
const BATCH = 256

const services = await openServices()
const databases = await openDatabases(services.postgresUrl)
const database = await databases.create('migrated')
const inserts = await startProgram<number>('group-insert', { databaseUrl: database.url, batch: BATCH })
const redis = await startProgram<number>('no-op-jobs', { backend: { kind: 'redis', url: services.redisUrl, prefix: 'bench' }, concurrency })
const postgres = await startProgram<number>('no-op-jobs', { backend: { kind: 'postgres', connectionString: database.url }, concurrency })
try {
  const rates: Record<string, number[]> = { 'rows/s, group insert': [], 'jobs/s, BullMQ on Redis': [], 'jobs/s, BullMQ on Postgres': [] }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    rates['rows/s, group insert']!.push(await inserts.ask(seconds))
    rates['jobs/s, BullMQ on Redis']!.push(await redis.ask(jobs))
    rates['jobs/s, BullMQ on Postgres']!.push(await postgres.ask(jobs))
  }
  const figures = Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, medianOf(values)]))
  const settings = { seconds, batch: BATCH, jobs, concurrency, ...(await describeGround(services.postgresUrl)) }
  printReport({ title: 'ceilings', settings, comparisons: [], sides: [{ name: 'alone', figures }] }, options)
} finally {
  await Promise.all([inserts.stop(), redis.stop(), postgres.stop()])
  await database.drop()
  await databases.close()
  await services.close()
}
