import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { type AlertChannel, type AlertChannelName, AlertNotDeliveredError } from '../../alert/alert-channel.ts'
import { ALERT_SEVERITIES, type Incident, incidentKey } from '../../alert/alert-incident.ts'
import { testMessage } from '../../alert/alert-message.ts'
import { type ChannelHealth, readChannels, recordResult } from '../../alert/channel-health.ts'
import { listIncidents } from '../../alert/incident-store.ts'
import { isQuiet } from '../../alert/quiet-hours.ts'
import type { Actor } from '../../domain/actor.ts'
import { errorCode, UsageError } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import type { AlertSettings } from './alert-settings.ts'
import { runbookOf } from './runbook.ts'

export { ALERT_CHANNELS } from '../../alert/alert-channel.ts'
export { ALERT_SEVERITIES }

/** A channel as operators see it. */
export interface AlertChannelView extends Omit<ChannelHealth, 'seenAt'> {
  /** Whether this process has it in its configuration. */
  readonly configured: boolean
}

export interface IncidentView extends Omit<Incident, 'problemKey' | 'id'> {
  /** Stable: the same in the alert and in the resolved message. */
  readonly key: string
  readonly runbook: string
}

export interface AlertStatus {
  readonly channels: readonly AlertChannelView[]
  /** Whether quiet hours hold back alerts that are not critical, now. */
  readonly quiet: boolean
  /** Newest first. */
  readonly incidents: readonly IncidentView[]
}

/** What one channel answered to a test. */
export interface AlertTest {
  readonly channel: AlertChannelName
  readonly delivered: boolean
  /** The status of the answer, or the code of the failure; null: none. */
  readonly answer: string | null
  readonly tookMs: number
}

export interface AlertUseCases {
  /** `open`: only incidents that are not resolved. */
  alertStatus(query: { limit: number; open?: boolean | undefined }): Promise<AlertStatus>
  /** Sends a test on every configured channel, one after another. @throws UsageError when none is configured */
  testAlerts(actor: Actor): Promise<AlertTest[]>
}

export interface AlertParts {
  pool: Pool
  perform: Perform
  settings: AlertSettings
  /** Opens the configured channels for one test. */
  openChannels: () => Promise<AlertChannel[]>
  configured: readonly AlertChannelName[]
  /** Milliseconds since 1970. */
  now: () => number
}

/** Without a channel. */
export const NO_ALERTS: Pick<AlertParts, 'settings' | 'openChannels' | 'configured'> = {
  settings: { severity: 'fault', afterSeconds: 60, quietHours: null, heartbeatSeconds: null, runbookUrl: null },
  openChannels: async () => [],
  configured: [],
}

/** Channels that are configured here, or that a process used within the last 10 min. */
const UNUSED_AFTER_MS = 600_000

export function alertUseCases(parts: AlertParts): AlertUseCases {
  const { pool, settings, now } = parts
  return {
    alertStatus: async ({ limit, open = false }) => ({
      channels: await readAlertChannels(parts),
      quiet: isQuiet(settings.quietHours, new Date(now())),
      incidents: (await listIncidents(pool, { limit, open })).map(({ problemKey: _problemKey, id, ...incident }) => ({
        ...incident,
        key: incidentKey({ id, kind: incident.kind }),
        runbook: runbookOf(incident.kind, settings.runbookUrl),
      })),
    }),
    testAlerts: (actor) => {
      if (parts.configured.length === 0)
        throw new UsageError('No channel for alerts is configured. Set ALERT_WEBHOOK_URL or ALERT_SMTP_URL.')
      const result = (tests: AlertTest[]) => ({ data: Object.fromEntries(tests.map(({ channel, answer }) => [channel, answer])) })
      return parts.perform(actor, { action: 'alert.test', target: 'alerts', reason: null, entry: 'before', result }, () =>
        testChannels(parts),
      )
    },
  }
}

export async function readAlertChannels({
  pool,
  configured,
  now,
}: Pick<AlertParts, 'pool' | 'configured' | 'now'>): Promise<AlertChannelView[]> {
  const known = await readChannels(pool)
  const unused = { lastDeliveredAt: null, heartbeatAt: null, failingSince: null, failures: 0, lastCode: null }
  const used = known.filter(({ channel, seenAt }) => configured.includes(channel) || now() - seenAt.getTime() < UNUSED_AFTER_MS)
  const missing = configured.filter((name) => !known.some(({ channel }) => channel === name))
  return [
    ...used.map(({ seenAt: _seenAt, ...health }) => ({ ...health, configured: configured.includes(health.channel) })),
    ...missing.map((channel) => ({ channel, configured: true, ...unused })),
  ]
}

async function testChannels({ pool, openChannels, now }: AlertParts): Promise<AlertTest[]> {
  const channels = await openChannels()
  try {
    const tests: AlertTest[] = []
    for (const channel of channels) {
      const startedAt = performance.now()
      const answered = await channel.send(testMessage(randomUUID())).then(
        ({ status }) => ({ delivered: true, answer: status === null ? null : String(status) }),
        (error: unknown) => ({ delivered: false, answer: error instanceof AlertNotDeliveredError ? error.answer : errorCode(error) }),
      )
      tests.push({ channel: channel.name, ...answered, tookMs: Math.round(performance.now() - startedAt) })
      const failure = answered.delivered ? null : { code: answered.answer ?? 'UNKNOWN' }
      await recordResult(pool, { channel: channel.name, at: new Date(now()), failure, heartbeat: false, by: null })
    }
    return tests
  } finally {
    await Promise.all(channels.map((channel) => channel.close()))
  }
}
