import type { Config } from '../config/load-config.ts'
import { streamsOfFailedCommands } from '../inbox/failed-commands.ts'
import { createLogChannel } from '../notify/log-channel.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import { watchChannel } from '../notify/watched-channel.ts'
import { createWebhookChannel } from '../notify/webhook-channel.ts'
import { createHttpServer, listen } from '../platform/http-server.ts'
import type { Logger } from '../platform/logger.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import { scheduleSweeps } from '../queue/sweep-schedule.ts'
import { startWatchedWorker } from '../queue/watched-worker.ts'
import { startIdentityPolls } from '../reconcile/start-identity-polls.ts'
import { startReconciliations } from '../reconcile/start-reconciliations.ts'
import { sweepEvents } from '../reconcile/sweep-events.ts'
import { startReplayRunner } from '../replay/replay-runner.ts'
import { startDispatcher } from '../saga/dispatch-due-events.ts'
import { startForgetting } from '../saga/forget-refused-requests.ts'
import { createEventProcessor } from '../saga/process-event.ts'
import { createSagaMetrics } from '../saga/saga-metrics.ts'
import { startOrderPolls } from '../saga/start-order-polls.ts'
import { startSettledPolls } from '../saga/start-settled-polls.ts'
import { createUnknownWatch } from '../saga/unknown-watch.ts'
import { listSealed } from '../vault/list-sealed.ts'
import { connectPaxos } from './connect-paxos.ts'
import { eraseAgainHere } from './erase-again.ts'
import type { Foundation } from './open-foundation.ts'
import { openKeyGate } from './open-key-gate.ts'
import { openQueue } from './open-queue.ts'
import { openStages } from './open-stages.ts'
import { openVault } from './open-vault.ts'
import { closeInTurn, NOTICE_TIMEOUT_MS, type RunningRole, roleMetrics, STATEMENT_TIMEOUT_MS, storesReady } from './running-role.ts'
import { watchProblems } from './watch-problems.ts'

/**
 * Starts the worker: it confirms events, advances streams, sends notifications, dispatches due events and sweeps for missing ones. It
 * alerts the operators, and serves its health and metrics.
 */
export async function startWorker(foundation: Foundation): Promise<RunningRole> {
  const { config, databaseUrl } = foundation
  const logger = foundation.logger.child({ role: 'worker' })
  const metrics = roleMetrics('worker')
  const pool = createPool({
    connectionString: databaseUrl,
    max: 8,
    applicationName: 'gatehouse-worker',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    byIndex: true,
  })
  const queue = await openQueue(foundation, logger)
  const paxos = connectPaxos(foundation, { logger, metrics, pool })
  const notices = watchChannel(openNoticeChannel(config, logger), { pool, logger })
  const { unknownIdentities } = config
  const opened = await openVault({ config, encryptionKey: foundation.secrets.encryptionKey, pool, logger })
  const readTransfers = config.paxosFeatures.includes('transfers')
  const stages = openStages(
    { pool, queue, paxos, notices },
    { databaseUrl, unknownIdentities, encryptionKey: opened.rootKey, opened, readBacklog: true, readTransfers, logger, metrics },
  )
  await eraseAgainHere(stages, logger)
  const { inbox, trading } = stages
  const keys = openKeyGate({ pool, logger, unprovenPerSecond: config.budget.unproven })
  const handle = createEventProcessor({
    ...stages,
    logger,
    metrics: createSagaMetrics(metrics),
    unknown: createUnknownWatch({ logger, metrics, now: Date.now }),
    keys,
    random: Math.random,
  })
  const worker = startWatchedWorker(foundation.queueBackend, {
    handle,
    concurrency: config.worker.concurrency,
    logger,
    queue,
    pool,
    metrics,
  })
  const stopDispatcher = startDispatcher({ inbox, queue, logger })
  const stopPolls = startOrderPolls({
    ...{ pool, inbox, queue, paxos, orders: trading.orders, logger, metrics },
    ...(readTransfers ? {} : { transfersEveryMs: null }),
  })
  const stopSettledPolls = startSettledPolls({ pool, inbox, queue, paxos, orders: trading.orders, logger })
  const stopIdentityPolls = startIdentityPolls({ pool, inbox, paxos, everySeconds: config.identityPollSeconds, logger, metrics })
  const stopSweeps = scheduleSweeps(foundation.queueBackend, {
    everySeconds: config.sweepEverySeconds,
    sweep: () => sweepEvents({ pool, inbox, paxos, logger, now: Date.now }),
    logger,
  })
  const stopReconciliations = startReconciliations({ pool, inbox, paxos }, logger)
  const stopForgetting = startForgetting(
    {
      listSealed: (page) => listSealed(pool, page),
      streamsOfFailedCommands: (streamIds, before) => streamsOfFailedCommands(pool, streamIds, before),
      remove: stages.vault.remove,
    },
    { now: Date.now, logger },
  )
  const stopAlerts = await watchProblems(foundation, { pool, queue, logger })
  const stopReplays = startReplayRunner({ ...stages, secondPersonAbove: config.replaySecondPersonAbove }, logger)
  const work = [
    stopAlerts,
    stopReplays,
    stopForgetting,
    stopPolls,
    stopSettledPolls,
    stopIdentityPolls,
    stopSweeps,
    stopReconciliations,
    stopDispatcher,
    () => worker.close(),
    () => keys.close(),
  ]
  const readiness = [...storesReady(pool, queue), { name: 'jobs', check: worker.check }]
  const app = await createHttpServer({
    logger,
    bodyLimitBytes: 1_024,
    metrics,
    metricsAccess: config.metricsAccess,
    limits: config.http,
    readiness,
  })
  const url = await listen(app, { host: config.host, ...config.worker, variable: 'WORKER_PORT' })
  return { name: 'worker', url, close: () => closeInTurn([() => app.close(), ...work, stages.close, opened.close]) }
}

function openNoticeChannel({ notifyWebhook, outgoing, worker }: Config, logger: Logger): NoticeChannel {
  return notifyWebhook
    ? createWebhookChannel({ ...notifyWebhook, outgoing, timeoutMs: NOTICE_TIMEOUT_MS, connections: 2 * worker.concurrency })
    : createLogChannel({ logger })
}
