import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { errorCode } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { type AlertChannel, AlertNotDeliveredError } from './alert-channel.ts'
import { alertMessage, type Reported } from './alert-message.ts'
import { claimChannel, isHeartbeatDue, recordSent, takeMessage } from './alert-outbox.ts'
import { recordResult, releaseChannel } from './channel-health.ts'
import { isQuiet, type QuietHours } from './quiet-hours.ts'

export interface SendParts {
  pool: Pool
  logger: Logger
  quietHours: QuietHours | null
  /** Seconds between two heartbeats; null: none. */
  heartbeatSeconds: number | null
  /** Where the runbook for a kind of problem is. */
  runbookOf: (kind: string) => string
  /** Identifies this process. */
  by: string
  now: () => number
}

/**
 * Sends what is due on a channel, or its heartbeat. One process sends on a channel at a time. A process that dies between a message and its record
 * leaves its lease; after it, another one sends the message again under the same id.
 */
export async function sendDueAlerts(channel: AlertChannel, parts: SendParts): Promise<'sent' | 'heartbeat' | 'failed' | 'nothing'> {
  const { pool, by, heartbeatSeconds } = parts
  const at = new Date(parts.now())
  if (!(await claimChannel(pool, channel.name, { by, at }))) return 'nothing'
  const due = await takeMessage(pool, channel.name, { at, quiet: isQuiet(parts.quietHours, at) })
  if (due !== null) {
    const reported: Reported[] = due.reported.map((each) => ({ ...each, runbook: parts.runbookOf(each.incident.kind) }))
    const work = async (): Promise<void> => {
      await channel.send(alertMessage(due.id, reported))
      await recordSent(pool, channel.name, { id: due.id, at: new Date(parts.now()) }) // before the lease ends
    }
    return (await attempt(channel, parts, { heartbeat: false, work })) ? 'sent' : 'failed'
  }
  if (heartbeatSeconds !== null && (await isHeartbeatDue(pool, channel.name, { everySeconds: heartbeatSeconds, at }))) {
    const sent = await attempt(channel, parts, { heartbeat: true, work: () => channel.heartbeat(randomUUID()) })
    return sent ? 'heartbeat' : 'failed'
  }
  await releaseChannel(pool, channel.name, by)
  return 'nothing'
}

async function attempt(
  { name: channel }: AlertChannel,
  { pool, logger, now, by }: SendParts,
  { heartbeat, work }: { heartbeat: boolean; work: () => Promise<unknown> },
): Promise<boolean> {
  try {
    await work()
    await recordResult(pool, { channel, at: new Date(now()), failure: null, heartbeat, by })
    return true
  } catch (error) {
    const code = error instanceof AlertNotDeliveredError ? error.answer : errorCode(error)
    logger.warn({ channel, code, heartbeat }, 'the alert channel did not accept a message; retrying')
    await recordResult(pool, { channel, at: new Date(now()), failure: { code }, heartbeat, by })
    return false
  }
}
