import type { Pool } from 'pg'
import { startAlerts } from '../operate/alerts/start-alerts.ts'
import { readProblems } from '../operate/problems/read-problems.ts'
import { createUpstreamPace } from '../paxos/upstream-pace.ts'
import type { Logger } from '../platform/logger.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { openAlertChannels } from './open-alert-channels.ts'
import type { Foundation } from './open-foundation.ts'

/** Watches the problems of the home page and alerts the operators. Returns a function that stops it. */
export async function watchProblems(
  { config, roster, budget }: Foundation,
  { pool, queue, logger }: { pool: Pool; queue: Pick<EventQueue, 'counts'>; logger: Logger },
): Promise<() => Promise<void>> {
  const pace = createUpstreamPace(budget, { accountsClass: config.accountsClass })
  const health = { pool, queue, roster, pace, sweepEverySeconds: config.sweepEverySeconds, now: Date.now }
  return startAlerts({
    ...{ pool, logger, settings: config.alerts, now: Date.now },
    problems: () => readProblems(health, { everyCause: true }),
    channels: await openAlertChannels(config),
  })
}
