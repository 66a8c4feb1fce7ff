import type pg from 'pg'
import { Registry } from 'prom-client'
import { openTrading, type Trading } from '../../src/compose/open-trading.ts'
import { wireRoutes } from '../../src/compose/wire-routes.ts'
import type { IdentityRequestSnapshot } from '../../src/domain/identity-request/identity-request.ts'
import { createInbox, type Inbox } from '../../src/inbox/inbox.ts'
import { DEPOSIT_TABLE } from '../../src/ledger/deposit-table.ts'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../../src/ledger/onboarding-table.ts'
import { ORDER_TABLE } from '../../src/ledger/order-table.ts'
import { QUOTE_EXECUTION_TABLE } from '../../src/ledger/quote-execution-table.ts'
import type { NoticeChannel } from '../../src/notify/notice.ts'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { type ConfirmationReader, createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createPaxosClient, type PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { type BudgetLimits, NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { EVERY_NETWORK } from '../../src/platform/outgoing-address.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createEventQueue, type EventHandler, type EventQueue, startEventWorker } from '../../src/queue/event-queue.ts'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import { startWatchedWorker, type WatchPace } from '../../src/queue/watched-worker.ts'
import { backlogOf } from '../../src/saga/backlog-of.ts'
import { startDispatcher } from '../../src/saga/dispatch-due-events.ts'
import type { EventRoute, OwnRoute } from '../../src/saga/prepare-event.ts'
import { createEventProcessor, workNow } from '../../src/saga/process-event.ts'
import { createSagaMetrics } from '../../src/saga/saga-metrics.ts'
import { startOrderPolls } from '../../src/saga/start-order-polls.ts'
import type { Vault } from '../../src/vault/vault.ts'

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
  /** The pace at which the worker watches itself by canaries. Absent: it does not. */
  watch?: Partial<WatchPace>
  /** Wraps a part that a stage calls. Crash tests stop there. */
  decorate?: <Part extends object>(name: PartName, part: Part) => Part
}

/** The key of every test: 32 bytes. */
export const ENCRYPTION_KEY = Buffer.alloc(32, 7)

export type PartName =
  | 'orderLedger'
  | 'depositLedger'
  | 'quoteLedger'
  | 'inbox'
  | 'queue'
  | 'ledger'
  | 'paxos'
  | 'notices'
  | 'reader'
  | 'worker'

export interface Pipeline {
  inbox: Inbox
  ledger: Ledger
  paxos: PaxosClient
  queue: EventQueue
  reader: ConfirmationReader
  routes: readonly EventRoute[]
  ownRoutes: readonly OwnRoute[]
  trading: Trading
  requests: Ledger<IdentityRequestSnapshot>
  vault: Vault
  /** Works on an event at once, as the API does with its commands. */
  workNow: ReturnType<typeof workNow>
  pool: pg.Pool
  metrics: Registry
  /** Works on an event as the queue would deliver it. */
  handle: EventHandler
  /** The watched worker's readiness. */
  check(): Promise<void>
  /** Accepts an event and queues its job as the receiver does. */
  accept(event: { id: string; type: string }, options?: { isTest?: boolean }): Promise<string>
  close(): Promise<void>
}

/** Everything from the inbox to the notification, wired as src/compose wires it, against a simulator and real stores. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { databaseUrl, backend, unknownIdentities = 'adopt', concurrency = 20, paxosTimeoutMs = 2_000 } = options
  const { decorate = (_name, part) => part } = options
  const logger = createLogger({ level: 'silent' })
  const metrics = new Registry()
  const pool = createPool({ connectionString: databaseUrl, max: 6, applicationName: 'test pipeline' })
  const queue = decorate('queue', createEventQueue(backend, { logger }))
  const inbox = decorate(
    'inbox',
    createInbox({
      pool,
      connectionString: databaseUrl,
      logger,
      metrics,
      onAccepted: (accepted) => queue.add(accepted),
    }),
  )
  const ledger = decorate('ledger', createLedger({ pool, table: ONBOARDING_TABLE }))
  const budget = createBudget({ limits: options.limits ?? NO_LIMITS })
  const paxos = decorate(
    'paxos',
    createPaxosClient({
      ...options.paxos,
      outgoing: EVERY_NETWORK,
      clientId: 'sandbox',
      clientSecret: 'sandbox',
      timeoutMs: paxosTimeoutMs,
      budget,
      logger,
      metrics,
    }),
  )
  const notices: NoticeChannel = decorate(
    'notices',
    createWebhookChannel({ ...options.notices, outgoing: EVERY_NETWORK, timeoutMs: 2_000 }),
  )
  const reader = decorate('reader', createConfirmationReader(paxos, backlogOf({ inbox, ledger, queue, logger })))
  const orderLedger = decorate('orderLedger', createLedger({ pool, table: ORDER_TABLE }))
  const depositLedger = decorate('depositLedger', createLedger({ pool, table: DEPOSIT_TABLE }))
  const quoteLedger = decorate('quoteLedger', createLedger({ pool, table: QUOTE_EXECUTION_TABLE }))
  const trading = openTrading({ pool, paxos, notices, orderLedger, depositLedger, quoteLedger })
  const wires = wireRoutes({ pool, ledger, paxos, notices, unknownIdentities, encryptionKey: ENCRYPTION_KEY, now: Date.now, trading })
  const { routes, ownRoutes, requests, vault } = wires
  const parts = {
    inbox,
    reader,
    routes,
    ownRoutes,
    logger,
    metrics: createSagaMetrics(metrics),
    now: Date.now,
    random: () => 0,
  }
  const { handle } = decorate('worker', { handle: createEventProcessor(parts) })
  const work = { handle, concurrency, logger, queue }
  const watched = options.watch ? startWatchedWorker(backend, { ...work, pool, metrics, pace: options.watch }) : null
  const worker = watched ?? (concurrency > 0 ? startEventWorker(backend, work) : null)
  const stopPolls = concurrency > 0 ? startOrderPolls({ pool, inbox, paxos, orders: trading.orders, logger, metrics }) : null
  const stopDispatcher = concurrency > 0 ? startDispatcher({ inbox, queue, logger }) : null
  return {
    inbox,
    ledger,
    paxos,
    queue,
    reader,
    routes,
    ownRoutes,
    trading,
    requests,
    vault,
    workNow: workNow(parts),
    pool,
    metrics,
    handle,
    check: async () => watched?.check(),
    accept: (event, { isTest = false } = {}) =>
      inbox.accept({ eventId: event.id, type: event.type, occurredAt: new Date(), isTest, origin: 'webhook', bodySha256: null }),
    close: async () => {
      await stopPolls?.()
      await stopDispatcher?.()
      await worker?.close()
      await queue.close()
      await reader.close()
      await notices.close()
      await paxos.close()
      await wires.close()
      await ledger.close()
      await trading.close()
      await inbox.close()
      await pool.end()
    },
  }
}
