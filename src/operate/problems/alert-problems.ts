import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import { clockTime } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'

/** A channel that no running process has configured for this long is no longer in use, milliseconds. */
const UNUSED_AFTER_MS = 600_000

/** Channels for alerts that accept no message: without them an operator learns of other problems only here. */
export function failingChannels({ alertChannels, now }: Observed): FoundProblem[] {
  return alertChannels.flatMap(({ channel, seenAt, failingSince, failures, lastCode, lastDeliveredAt }) => {
    if (failingSince === null || now.getTime() - seenAt.getTime() > UNUSED_AFTER_MS) return []
    const last = lastDeliveredAt ? `It last accepted one at ${clockTime(lastDeliveredAt)}.` : 'It has never accepted one.'
    return [
      {
        key: `alert-channel-failing:${channel}`,
        kind: 'alert-channel-failing',
        severity: 'fault',
        sentence: `The ${channel} channel for alerts accepts no message (${lastCode}), ${counted(failures, 'failure')} in a row since ${clockTime(failingSince)}. ${last}`,
        since: failingSince,
        customers: null,
        nextAction:
          channel === 'webhook'
            ? 'Check ALERT_WEBHOOK_URL and its receiver, then send a test with the command below.'
            : 'Check ALERT_SMTP_URL, ALERT_EMAIL_FROM and ALERT_EMAIL_TO, then send a test with the command below.',
        page: '/alerts',
        command: `${GATEHOUSE} alert test`,
      },
    ]
  })
}
