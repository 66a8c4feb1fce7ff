import { z } from 'zod'
import { ALERT_CHANNELS, ALERT_SEVERITIES } from '../operate/alerts/alerts.ts'
import { PROBLEM_KINDS } from '../operate/problems/problem.ts'
import { count, time } from './schema-parts.ts'

export const AlertChannel = z.strictObject({
  channel: z.enum(ALERT_CHANNELS),
  configured: z.boolean().describe('Whether the process that answers has it in its configuration.'),
  lastDeliveredAt: time.nullable().describe('The last alert, test or heartbeat that the channel accepted; null: none yet.'),
  heartbeatAt: time.nullable().describe('The last heartbeat that it accepted.'),
  failingSince: time.nullable().describe('Null: it accepted the last message.'),
  failures: count.describe('Failures in a row.'),
  lastCode: z.string().nullable().describe('The status of the last failure, or its code; null: it does not fail.'),
})

const Incident = z.strictObject({
  key: z.string().describe('The same in the alert and in the resolved message, and of no other incident.'),
  kind: z.enum(PROBLEM_KINDS),
  severity: z.enum(ALERT_SEVERITIES).describe('critical passes quiet hours.'),
  sentence: z.string(),
  nextAction: z.string(),
  customers: count.nullable(),
  since: time.nullable(),
  state: z.enum(['open', 'resolved']),
  openedAt: time,
  closedAt: time.nullable(),
  runbook: z.string(),
})

/** Alerts to operators: channels, incidents, tests. */
export const ALERT_SCHEMAS = {
  AlertStatus: z.strictObject({
    channels: z.array(AlertChannel).describe('Empty: none is configured.'),
    quiet: z.boolean().describe('Whether quiet hours hold back alerts that are not critical.'),
    incidents: z.array(Incident).describe('Newest first.'),
  }),
  AlertTestList: z.strictObject({
    items: z.array(
      z.strictObject({
        channel: z.enum(ALERT_CHANNELS),
        delivered: z.boolean(),
        answer: z.string().nullable().describe('The status of the answer, or the code of the failure.'),
        tookMs: count,
      }),
    ),
  }),
}
