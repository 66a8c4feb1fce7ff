import type { Pool } from 'pg'
import { Registry } from 'prom-client'
import { NO_CHANNEL } from '../notify/no-channel.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { createUpstreamPace } from '../paxos/upstream-pace.ts'
import type { Logger } from '../platform/logger.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import type { ReplayParts } from '../replay/plan-replay.ts'
import { connectPaxos } from './connect-paxos.ts'
import { eraseAgainHere } from './erase-again.ts'
import { worldOf } from './join-world.ts'
import { configuredChannels, openAlertChannels } from './open-alert-channels.ts'
import type { Foundation } from './open-foundation.ts'
import { openQueue } from './open-queue.ts'
import { openStages } from './open-stages.ts'
import { openVault } from './open-vault.ts'
import { closeInTurn, STATEMENT_TIMEOUT_MS } from './running-role.ts'
import { sendTestNotice } from './send-test-notice.ts'
import { wireUseCases } from './wire-use-cases.ts'

/** The use cases behind the operator API, the pages and the commands: one set for all three. */
export async function openUseCases(
  foundation: Foundation,
  { logger = foundation.logger, metrics = new Registry() }: { logger?: Logger; metrics?: Registry } = {},
): Promise<{ useCases: OperatorUseCases; pool: Pool; queue: EventQueue; replays: ReplayParts; close(): Promise<void> }> {
  const { config, databaseUrl, secrets, roster } = foundation
  const pool = createPool({
    connectionString: databaseUrl,
    max: 8,
    applicationName: 'gatehouse-operator',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const queue = await openQueue(foundation, logger)
  const paxos = connectPaxos(foundation, { logger, metrics, pool })
  const { unknownIdentities, sweepEverySeconds } = config
  const opened = await openVault({ config, encryptionKey: secrets.encryptionKey, pool, logger })
  const readTransfers = config.paxosFeatures.includes('transfers')
  const stages = openStages(
    { pool, queue, paxos, notices: NO_CHANNEL },
    { databaseUrl, unknownIdentities, encryptionKey: opened.rootKey, opened, readBacklog: false, readTransfers, logger, metrics },
  )
  await eraseAgainHere(stages, logger)
  const { useCases, replays } = wireUseCases(stages, {
    roster,
    world: worldOf(foundation),
    pace: createUpstreamPace(foundation.budget, { accountsClass: config.accountsClass }),
    sweepEverySeconds,
    secondPersonAbove: config.replaySecondPersonAbove,
    sendTestNotice: () => sendTestNotice(config),
    alerts: {
      settings: config.alerts,
      openChannels: () => openAlertChannels(config),
      configured: configuredChannels(config.alerts),
    },
    logger,
    metrics,
  })
  return { useCases, pool, queue, replays, close: () => closeInTurn([stages.close, opened.close]) }
}
