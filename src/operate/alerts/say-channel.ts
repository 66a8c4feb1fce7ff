import { counted } from '../say/counted.ts'
import { relativeTime } from '../say/say-time.ts'
import type { AlertChannelView } from './alerts.ts'

/** `webhook: last delivered 3 min ago`, and whether it fails. */
export function sayChannel(
  { channel, lastDeliveredAt, failingSince, failures, lastCode, configured }: AlertChannelView,
  now: Date,
): string {
  const delivered = lastDeliveredAt ? `last delivered ${relativeTime(lastDeliveredAt, now)}` : 'nothing delivered yet'
  const failing = failingSince ? `; accepts no message (${lastCode}), ${counted(failures, 'failure')} in a row` : ''
  return `${channel}: ${delivered}${failing}${configured ? '' : '; not configured in this process'}`
}
