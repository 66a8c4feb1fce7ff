import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { AlertChannel } from '../../alert/alert-channel.ts'
import type { Alarm } from '../../alert/alert-incident.ts'
import { isRoundDue, takeRound } from '../../alert/incident-store.ts'
import { sendDueAlerts } from '../../alert/send-due-alerts.ts'
import { errorMessage } from '../../platform/app-error.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Problem } from '../problems/problem.ts'
import { type AlertSettings, reportedSeverities } from './alert-settings.ts'
import { alertSeverity, runbookOf } from './runbook.ts'

export interface AlertWatchParts {
  pool: Pool
  /** The problems of the home page, with every cause of its own. */
  problems: () => Promise<Problem[]>
  channels: readonly AlertChannel[]
  settings: AlertSettings
  logger: Logger
  now: () => number
}

/** Seconds between two comparisons of the problems with the incidents, over all processes. */
export const ROUND_SECONDS = 15
/** Pause between two checks of a process, milliseconds. */
const CHECK_EVERY_MS = 5_000

/**
 * Watches the problems and sends alerts, in every worker and operator process: if all workers are gone, an operator process still reports it.
 * Returns a function that stops it and waits for the message in progress.
 */
export function startAlerts(parts: AlertWatchParts): () => Promise<void> {
  const { channels, logger } = parts
  if (channels.length === 0) return () => Promise.resolve()
  const stopping = new AbortController()
  const by = randomUUID()
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await watchOnce(parts, by).catch((error: unknown) =>
        logger.warn({ reason: errorMessage(error) }, 'alerts could not be checked; retrying'),
      )
      await sleep(CHECK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = work()
  return async () => {
    stopping.abort()
    await running
    await Promise.all(channels.map((channel) => channel.close()))
  }
}

/** One check: a round if it is due, then what is due on each channel. `by` identifies the process. */
export async function watchOnce({ pool, problems, channels, settings, logger, now }: AlertWatchParts, by: string): Promise<void> {
  const at = new Date(now())
  if (await isRoundDue(pool, ROUND_SECONDS, at)) {
    const rules = {
      channels: channels.map(({ name }) => name),
      severities: reportedSeverities(settings),
      ...{ afterSeconds: settings.afterSeconds, everySeconds: ROUND_SECONDS },
    }
    await takeRound(pool, (await problems()).map(alarmOf), rules, at)
  }
  const { quietHours, heartbeatSeconds, runbookUrl } = settings
  const sending = { pool, logger, quietHours, heartbeatSeconds, runbookOf: (kind: string) => runbookOf(kind, runbookUrl), by, now }
  await Promise.all(channels.map((channel) => sendDueAlerts(channel, sending)))
}

/** Field by field, so that nothing that an operator wrote can go out. */
function alarmOf(problem: Problem): Alarm {
  const { key, kind, facts, nextAction, customers, since } = problem
  return { problemKey: key, kind, severity: alertSeverity(problem), sentence: facts, nextAction, customers, since }
}
