import { registerOperatorGauges } from '../operate/health/operator-gauges.ts'
import { allowHosts } from '../platform/allowed-hosts.ts'
import { createHttpServer, listen } from '../platform/http-server.ts'
import { startReplayRunner } from '../replay/replay-runner.ts'
import type { Foundation } from './open-foundation.ts'
import { openUseCases } from './open-use-cases.ts'
import { closeInTurn, type RunningRole, roleMetrics, storesReady } from './running-role.ts'
import { serveOperator } from './serve-operator.ts'
import { watchProblems } from './watch-problems.ts'

/** Largest body, bytes: a person's data has a few thousand bytes. */
const OPERATOR_BODY_LIMIT = 256 * 1024

/** A document of 100 MB at 3 Mbit/s. */
const LONGEST_UPLOAD_MS = 300_000

/** Serves the operators: HTTP API and pages. */
export async function startOperator(foundation: Foundation): Promise<RunningRole> {
  const { config, secrets } = foundation
  const logger = foundation.logger.child({ role: 'operator' })
  const metrics = roleMetrics('operator')
  const { useCases, pool, queue, replays, close } = await openUseCases(foundation, { logger, metrics })
  registerOperatorGauges(metrics, { pool, queue })
  const app = await createHttpServer({
    logger,
    bodyLimitBytes: OPERATOR_BODY_LIMIT,
    metrics,
    metricsAccess: config.metricsAccess,
    trustedProxies: config.trustedProxies,
    limits: config.http,
    longRequestMs: LONGEST_UPLOAD_MS,
    readiness: storesReady(pool, queue),
  })
  if (config.allowedHosts) allowHosts(app, config.allowedHosts)
  await serveOperator(app, useCases, {
    token: secrets.operatorToken,
    metrics,
    idleMs: config.operator.sessionIdleMs,
    signOn: config.singleSignOn && { ...config.singleSignOn, policy: config.outgoing },
  })
  const stopAlerts = await watchProblems(foundation, { pool, queue, logger })
  const stopReplays = startReplayRunner(replays, logger)
  const url = await listen(app, { host: config.host, ...config.operator, variable: 'OPERATOR_PORT' })
  return { name: 'operator', url, close: () => closeInTurn([() => app.close(), stopAlerts, stopReplays, close]) }
}
