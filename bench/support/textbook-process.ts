/**
 * The textbook design, as the documentation of its parts recommends: a Fastify route that inserts with Prisma, adds a BullMQ job and answers;
 * a BullMQ worker that makes four calls to Paxos for each onboarding and commits after each step. Nothing slows it down: it uses the
 * fast keep-alive client (undici's `request`), its tables have only the indexes that it needs, completed jobs are removed, and
 * an insert returns one column.
 */
import { PrismaPg } from '@prisma/adapter-pg'
import { type BackendFactory, createPostgresBackend, createRedisBackend, type IQueueBackend, Queue, Worker } from 'bullmq'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { PrismaClient } from '../../src/generated/prisma/client.ts'
import { API_KEY, API_KEY_HEADER } from './load.ts'
import { runProgram } from './program.ts'
import { accountOrder, openTextbookCalls } from './textbook-calls.ts'
import type { UpstreamUrls } from './upstream.ts'

interface Settings {
  role: 'receiver' | 'worker'
  databaseUrl: string
  /** `null`: BullMQ on Postgres. */
  redisUrl: string | null
  upstream: UpstreamUrls
  concurrency: number
}

interface Job {
  eventId: string
}

const QUEUE = 'onboardings'
/** BullMQ, "Going to production": jobs are removed, and retried with a growing wait. */
const JOB_OPTIONS = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 }, removeOnComplete: true, removeOnFail: 1_000 }

await runProgram<Settings, never, string>(async (settings) => {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: settings.databaseUrl }) })
  return settings.role === 'receiver' ? openReceiver(settings, prisma) : openWorker(settings, prisma)
})

/** BullMQ's own ways to connect: an ioredis client, or a configuration for its Postgres pool. */
function connect({ redisUrl, databaseUrl, concurrency }: Settings) {
  if (redisUrl === null)
    return {
      connection: { connectionString: databaseUrl, max: concurrency } as object,
      factory: createPostgresBackend as unknown as BackendFactory,
    }
  return { connection: new Redis(redisUrl, { maxRetriesPerRequest: null }), factory: createRedisBackend as BackendFactory }
}

async function openReceiver(settings: Settings, prisma: PrismaClient) {
  const { connection, factory } = connect(settings)
  const queue = new Queue(QUEUE, { connection, defaultJobOptions: JOB_OPTIONS }, factory)
  const app = Fastify()
  app.post('/webhooks/paxos', async (received, reply) => {
    if (received.headers[API_KEY_HEADER] !== API_KEY) return reply.code(401).send({ status: 'unauthenticated' })
    const { id, type, time } = received.body as { id: string; type: string; time: string }
    try {
      const data = { eventId: id, type, occurredAt: new Date(time), isTest: false, origin: 'webhook' }
      await prisma.inboxEvent.create({ data, select: { seq: true } })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'P2002') return { status: 'duplicate' }
      throw error
    }
    await queue.add('onboard', { eventId: id }, { jobId: id })
    return { status: 'accepted' }
  })
  const ready = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ready,
    answer: () => null,
    close: () => closeAll([() => app.close(), () => queue.close(), () => prisma.$disconnect()], connection),
  }
}

async function openWorker(settings: Settings, prisma: PrismaClient) {
  const { connection, factory } = connect(settings)
  const { upstream, concurrency } = settings
  const { paxos, sendNotice, close } = await openTextbookCalls(upstream, concurrency)

  const onboard = async ({ eventId }: Job): Promise<void> => {
    const event = await paxos.get<{ object: { identity_id: string } }>(`/events/${eventId}`)
    const identityId = event.object.identity_id
    await prisma.inboxEvent.update({ where: { eventId }, data: { identityId, trust: 'confirmed' }, select: { seq: true } })

    const { status } = await paxos.get<{ status: string }>(`/identity/identities/${identityId}`)
    if (status !== 'APPROVED') throw new Error(`identity ${identityId} is ${status}`)
    const approved = {
      origin: 'adopted',
      state: 'approved',
      identityStatus: status,
      version: 1,
      entryCount: 0,
      headHash: new Uint8Array(0),
    }
    await prisma.onboarding.upsert({
      where: { identityId },
      create: { identityId, ...approved },
      update: { state: 'approved', identityStatus: status },
      select: { identityId: true },
    })

    const created = await paxos.post<{ id: string }>('/identity/accounts', accountOrder(identityId))
    await prisma.onboarding.update({ where: { identityId }, data: { accountId: created.id }, select: { identityId: true } })

    const account = await paxos.get<{ id: string; profile_id: string }>(`/identity/accounts/${created.id}`)
    const data = { accountId: account.id, profileId: account.profile_id }
    const entry = { streamId: identityId, entryNo: 1, at: new Date(), kind: 'account.opened', actor: `event:${eventId}`, data }
    const unchained = { prevHash: new Uint8Array(0), hash: new Uint8Array(0) }
    await prisma.ledgerEntry.create({ data: { ...entry, ...unchained }, select: { entryNo: true } })

    await sendNotice(`notice-opened-${identityId}`, { identityId, ...data })
    const key = `notice-ready-${identityId}`
    await prisma.effect.create({
      data: { streamId: identityId, step: 'notice', kind: 'notice', number: 1, key, state: 'intended' },
      select: { key: true },
    })
    await sendNotice(key, { identityId, ...data })
    const ready = { state: 'ready', profileId: account.profile_id, readyAt: new Date() }
    await prisma.onboarding.update({ where: { identityId }, data: ready, select: { identityId: true } })
  }

  const worker = new Worker<Job, void, string, IQueueBackend>(QUEUE, ({ data }) => onboard(data), { connection, concurrency }, factory)
  worker.on('error', (error) => console.error(error))
  worker.on('failed', (_job, error) => console.error(error))
  await worker.waitUntilReady()
  const parts = [() => worker.close(), () => prisma.$disconnect(), close]
  return { ready: '', answer: () => null, close: () => closeAll(parts, connection) }
}

async function closeAll(parts: (() => Promise<unknown>)[], connection: object): Promise<void> {
  for (const close of parts) await close()
  if (connection instanceof Redis) connection.disconnect()
}
