import type { Pool } from 'pg'
import { Registry } from 'prom-client'
import { createInbox } from '../inbox/inbox.ts'
import { createLedger } from '../ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../ledger/onboarding-table.ts'
import { NO_CHANNEL } from '../notify/no-channel.ts'
import { createOnboarding } from '../operate/create-onboarding.ts'
import { createUseCases } from '../operate/create-use-cases.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { createConfirmationReader } from '../paxos/confirmation-reader.ts'
import { createUpstreamPace } from '../paxos/upstream-pace.ts'
import type { Logger } from '../platform/logger.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import type { ReplayParts } from '../replay/plan-replay.ts'
import { createReplayActions } from '../replay/replay-actions.ts'
import { workNow } from '../saga/process-event.ts'
import { rebuildQueue } from '../saga/rebuild-queue.ts'
import { createSagaMetrics } from '../saga/saga-metrics.ts'
import { connectPaxos } from './connect-paxos.ts'
import { worldOf } from './join-world.ts'
import type { Foundation } from './open-foundation.ts'
import { openQueue } from './open-queue.ts'
import { openTrading } from './open-trading.ts'
import { closeInTurn, STATEMENT_TIMEOUT_MS } from './running-role.ts'
import { sendTestNotice } from './send-test-notice.ts'
import { wireRoutes } from './wire-routes.ts'

/** The use cases behind the operator API, the pages and the commands: one set for all three. */
export async function openUseCases(
  foundation: Foundation,
  { logger = foundation.logger, metrics = new Registry() }: { logger?: Logger; metrics?: Registry } = {},
): Promise<{ useCases: OperatorUseCases; pool: Pool; queue: EventQueue; replays: ReplayParts; close(): Promise<void> }> {
  const { config, databaseUrl, secrets } = foundation
  const pool = createPool({
    connectionString: databaseUrl,
    max: 8,
    applicationName: 'gatehouse-operator',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const ledger = createLedger({ pool, table: ONBOARDING_TABLE })
  const paxos = connectPaxos(foundation, { logger, metrics, pool })
  const reader = createConfirmationReader(paxos)
  const queue = await openQueue(foundation, logger)
  // A command goes onto the queue at once, so that its caller need not wait for a dispatcher's round.
  const inbox = createInbox({ pool, connectionString: databaseUrl, logger, metrics, onAccepted: queue.add })
  const trading = openTrading({ pool, paxos, notices: NO_CHANNEL })
  const { encryptionKey } = secrets
  const wires = wireRoutes({
    pool,
    ledger,
    paxos,
    notices: NO_CHANNEL,
    unknownIdentities: config.unknownIdentities,
    encryptionKey,
    now: Date.now,
    trading,
  })
  const parts = {
    pool,
    inbox,
    ledger,
    paxos,
    queue,
    reader,
    ...wires,
    now: Date.now,
    encryptionKey,
    secondPersonAbove: config.replaySecondPersonAbove,
  }
  const work = workNow({ ...parts, logger, metrics: createSagaMetrics(metrics), random: Math.random })
  const pace = createUpstreamPace(foundation.budget, { accountsClass: config.accountsClass })
  const useCases = createUseCases({
    pool,
    queue,
    now: Date.now,
    pace,
    roster: foundation.roster,
    world: worldOf(foundation),
    sweepEverySeconds: config.sweepEverySeconds,
    askPaxos: async () => void (await paxos.events.list({ limit: 1, order: 'DESC' })),
    trading: { ...trading, inbox, queue, paxos, encryptionKey: secrets.encryptionKey },
    actions: {
      createOnboarding: (order) => createOnboarding({ ...parts, workNow: work }, order),
      findCommand: (id) => inbox.findCommand(id),
      ...createReplayActions(parts),
      rebuildQueue: () => rebuildQueue(parts),
      sendTestNotice: () => sendTestNotice(config),
    },
  })
  const close = (): Promise<void> =>
    closeInTurn([
      () => queue.close(),
      () => reader.close(),
      () => paxos.close(),
      () => wires.close(),
      () => ledger.close(),
      () => trading.close(),
      () => inbox.close(),
      () => pool.end(),
    ])
  return { useCases, pool, queue, replays: parts, close }
}
