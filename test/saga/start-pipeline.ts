import { Registry } from 'prom-client'
import { openKeyGate } from '../../src/compose/open-key-gate.ts'
import { openStages, type Stages } from '../../src/compose/open-stages.ts'
import { openVault } from '../../src/compose/open-vault.ts'
import type { WrappedPart } from '../../src/compose/wrap-part.ts'
import type { KeyPlace } from '../../src/config/vault.ts'
import type { NoticeChannel } from '../../src/notify/notice.ts'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { createPaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { type BudgetLimits, NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import type { Feature } from '../../src/paxos/transport/scopes.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger, type Logger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createEventQueue } from '../../src/queue/event-queue.ts'
import { type EventHandler, startEventWorker } from '../../src/queue/event-worker.ts'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import { startWatchedWorker, type WatchPace } from '../../src/queue/watched-worker.ts'
import { startDispatcher } from '../../src/saga/dispatch-due-events.ts'
import { createEventProcessor, workNow } from '../../src/saga/process-event.ts'
import { createSagaMetrics } from '../../src/saga/saga-metrics.ts'
import { startOrderPolls } from '../../src/saga/start-order-polls.ts'
import { startSettledPolls } from '../../src/saga/start-settled-polls.ts'

export interface PipelineOptions {
  /** No limits when it is absent. */
  limits?: BudgetLimits
  databaseUrl: string
  backend: QueueBackend
  paxos: { apiUrl: string; tokenUrl: string }
  /** The URL of the notification receiver, a real one. */
  notices: { url: string; secret: string }
  unknownIdentities?: 'adopt' | 'hold'
  /** Jobs in progress at once. With 0, jobs only wait. */
  concurrency?: number
  paxosTimeoutMs?: number
  /** Silent when it is absent. */
  logger?: Logger
  /** All when it is absent. */
  features?: readonly Feature[]
  /** Where data keys are kept; by default in the database. */
  vaultKeys?: KeyPlace
  /** The pace at which the worker watches itself by canaries. Absent: it does not. */
  watch?: Partial<WatchPace>
  /** Wraps a part that a stage calls. Crash tests stop there. */
  decorate?: <Part extends object>(name: PartName, part: Part) => Part
}

/** The key of every test: 32 bytes. */
export const ENCRYPTION_KEY = Buffer.alloc(32, 7)

export type PartName = WrappedPart | 'queue' | 'paxos' | 'notices' | 'worker'

export interface Pipeline extends Omit<Stages, 'notices'> {
  /** Works on an event at once, as the API does with its commands. */
  workNow: ReturnType<typeof workNow>
  metrics: Registry
  /** Works on an event as the queue would deliver it. */
  handle: EventHandler
  /** The watched worker's readiness. */
  check(): Promise<void>
  /** Accepts an event and queues its job as the receiver does. */
  accept(event: { id: string; type: string }, options?: { isTest?: boolean }): Promise<string>
  close(): Promise<void>
}

/** Everything from the inbox to the notification, wired by src/compose, against a simulator and real stores. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { databaseUrl, backend, unknownIdentities = 'adopt', concurrency = 20, paxosTimeoutMs = 2_000 } = options
  const { decorate = (_name, part) => part } = options
  const { logger = createLogger({ level: 'silent' }) } = options
  const metrics = new Registry()
  const pool = createPool({ connectionString: databaseUrl, max: 6, applicationName: 'test pipeline' })
  const queue = decorate('queue', createEventQueue(backend, { logger }))
  const budget = createBudget({ limits: options.limits ?? NO_LIMITS })
  const client = { ...options.paxos, outgoing: EVERY_NETWORK, clientId: 'sandbox', clientSecret: 'sandbox', timeoutMs: paxosTimeoutMs }
  const paxos = decorate(
    'paxos',
    createPaxosClient({ ...client, ...(options.features ? { features: options.features } : {}), budget, logger, metrics }),
  )
  const notices: NoticeChannel = decorate(
    'notices',
    createWebhookChannel({ ...options.notices, outgoing: EVERY_NETWORK, timeoutMs: 2_000 }),
  )
  const opened = options.vaultKeys
    ? await openVault({ config: { vaultKeys: options.vaultKeys, acceptedKeys: [] }, encryptionKey: ENCRYPTION_KEY, pool, logger })
    : undefined
  const stages = openStages(
    { pool, queue, paxos, notices },
    {
      ...{ databaseUrl, unknownIdentities, encryptionKey: ENCRYPTION_KEY, readBacklog: true, absenceTrustedAfterMs: 500 },
      ...{ logger, metrics, wrap: decorate, opened },
    },
  )
  const { inbox, trading } = stages
  const keys = openKeyGate({ pool, logger, unprovenPerSecond: (options.limits ?? NO_LIMITS).unproven })
  const parts = { ...stages, keys, logger, metrics: createSagaMetrics(metrics), random: () => 0 }
  const { handle } = decorate('worker', { handle: createEventProcessor(parts) })
  const work = { handle, concurrency, logger, queue }
  const watched = options.watch ? startWatchedWorker(backend, { ...work, pool, metrics, pace: options.watch }) : null
  const worker = watched ?? (concurrency > 0 ? startEventWorker(backend, work) : null)
  const polled = { pool, inbox, queue, paxos, orders: trading.orders, transfersEveryMs: 200, logger, metrics }
  const stopPolls = concurrency > 0 ? startOrderPolls(polled) : null
  const stopSettledPolls = concurrency > 0 ? startSettledPolls({ ...polled, everyMs: 500 }) : null
  const stopDispatcher = concurrency > 0 ? startDispatcher({ inbox, queue, logger }) : null
  const close = async (): Promise<void> => {
    await stopPolls?.()
    await stopSettledPolls?.()
    await stopDispatcher?.()
    await worker?.close()
    await keys.close()
    await stages.close()
    await opened?.close()
  }
  let closing: Promise<void> | null = null
  return {
    ...stages,
    workNow: workNow(parts),
    metrics,
    handle,
    check: async () => watched?.check(),
    accept: (event, { isTest = false } = {}) =>
      inbox.accept({ eventId: event.id, type: event.type, occurredAt: new Date(), isTest, origin: 'webhook', bodySha256: null }),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
