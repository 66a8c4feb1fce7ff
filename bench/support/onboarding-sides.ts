import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runMigrations } from 'bullmq'
import pg from 'pg'
import type { BenchDatabase, Databases } from './database.ts'
import { startRole } from './gatehouse.ts'
import type { Delivery } from './load.ts'
import { startProgram } from './program.ts'
import type { UpstreamUrls } from './upstream.ts'

export const SIDES = [
  'gatehouse-redis',
  'gatehouse-postgres',
  'gatehouse-two-workers',
  'gatehouse-full',
  'textbook-redis',
  'textbook-postgres',
  'calls-only',
  'textbook-calls-only',
] as const
export type SideName = (typeof SIDES)[number]
/** Both compared with `gatehouse-redis`, on Redis too. */
export const workersOf = (name: SideName): number => (name === 'gatehouse-two-workers' ? 2 : 1)
export const needsFullDatabase = (name: SideName): boolean => name === 'gatehouse-full'

/** A running side. */
export interface Side {
  /** The address of its webhooks, and the database in which its onboardings become ready; null for the bare loop. */
  served: { webhookUrl: string; database: BenchDatabase } | null
  /** The loop's own: makes all calls, and resolves when they are done. */
  run: ((deliveries: readonly Delivery[]) => Promise<unknown>) | null
  processes: { role: string; pid: number }[]
  /** Ends its processes and keeps the database. */
  stop(): Promise<void>
}

export interface SideSettings {
  databases: Databases
  redisUrl: string
  upstream: UpstreamUrls
  concurrency: number
  profileDirectory?: string | undefined
}

/** `redisUrl` null: BullMQ on Postgres. */
type OnQueue = Omit<SideSettings, 'redisUrl'> & { redisUrl: string | null }

export async function startSide(name: SideName, settings: SideSettings): Promise<Side> {
  if (name.endsWith('calls-only')) return startCallsOnly(name === 'calls-only' ? 'gatehouse' : 'textbook', settings)
  const redisUrl = name.endsWith('postgres') ? null : settings.redisUrl
  return name.startsWith('gatehouse') ? startGatehouse(name, { ...settings, redisUrl }) : startTextbook({ ...settings, redisUrl })
}

async function startGatehouse(name: SideName, { databases, ...settings }: OnQueue): Promise<Side> {
  const database = await (needsFullDatabase(name) ? databases.full() : databases.create('migrated'))
  const start = (role: 'receiver' | 'worker') => startRole(role, { ...settings, databaseUrl: database.url })
  const receiver = await start('receiver')
  const working = await Promise.all(Array.from({ length: workersOf(name) }, () => start('worker')))
  return {
    served: { webhookUrl: `${receiver.url}/webhooks/paxos`, database },
    run: null,
    processes: [{ role: 'receiver', pid: receiver.pid }, ...working.map(({ pid }) => ({ role: 'worker', pid }))],
    stop: async () => void (await Promise.all([receiver, ...working].map((role) => role.stop()))),
  }
}

async function startTextbook({ databases, redisUrl, upstream, concurrency }: OnQueue): Promise<Side> {
  const database = await databases.create('empty')
  await database.query(await readFile(join(import.meta.dirname, 'textbook-tables.sql'), 'utf8'))
  if (redisUrl === null) await prepareQueue(database.url)
  const start = (role: 'receiver' | 'worker') =>
    startProgram<never, string>('textbook', { role, databaseUrl: database.url, redisUrl, upstream, concurrency })
  const [receiver, worker] = [await start('receiver'), await start('worker')]
  return {
    served: { webhookUrl: `${receiver.ready}/webhooks/paxos`, database },
    run: null,
    processes: [
      { role: 'receiver', pid: receiver.pid },
      { role: 'worker', pid: worker.pid },
    ],
    stop: async () => void (await Promise.all([receiver.stop(), worker.stop()])),
  }
}

/** As BullMQ's guide for production says: the schema is made before the first process starts. */
async function prepareQueue(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await runMigrations(client)
  await client.end()
}

async function startCallsOnly(design: 'gatehouse' | 'textbook', { upstream, concurrency }: SideSettings): Promise<Side> {
  const loop = await startProgram<readonly Delivery[]>('calls-only', { design, upstream, concurrency })
  return { served: null, run: (deliveries) => loop.ask(deliveries), processes: [{ role: 'loop', pid: loop.pid }], stop: loop.stop }
}
