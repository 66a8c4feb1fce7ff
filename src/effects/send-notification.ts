import { type Effect, effectAt, type Snapshot } from '../domain/effect.ts'
import { type NotificationReceipt, SEND_NOTIFICATION } from '../domain/notification.ts'
import type { Notice, NoticeChannel } from '../notify/notice.ts'
import type { EffectKind, EstimateTerms } from './effect-kind.ts'

/** The content of a stream's notification: its type and its data. Pure, and the same at every attempt. */
export type NotificationContent<S extends Snapshot> = (snapshot: S, effect: Effect) => Pick<Notice, 'kind' | 'data'>

/**
 * Sends a notification to the customer's application. It cannot be looked up. It is sent again under its key, and the receiver drops the
 * second copy.
 */
export function sendNotificationEffect<S extends Snapshot>(channel: NoticeChannel, content: NotificationContent<S>): EffectKind<S> {
  return {
    kind: SEND_NOTIFICATION,
    asksPaxos: false,
    perform: async ({ snapshot, effect }): Promise<NotificationReceipt> => {
      // Committed with the claim. The time is the same at every attempt: a receiver must be able to recognise the second copy.
      const occurredAt = new Date(effectAt(snapshot, effect.step).intendedAt ?? 0)
      const { status } = await channel.send({ key: effect.key, occurredAt, ...content(snapshot, effect) })
      return { kind: 'notice', channel: channel.name, status }
    },
    same: () => true,
    estimate: async ({ effect }, { failure }) => {
      const { step, key, attempts } = effect
      const again = attempts > 0 ? ' again under the same key' : ''
      return {
        verdict: 'would-send-notice',
        detail: `${step} ${sayAttempts(attempts, failure)}would be sent${again} (${key})`,
        effects: [{ act: attempts > 0 ? 'send-again' : 'send', key }],
        receipt: { kind: 'notice', channel: channel.name, status: null },
      }
    },
  }
}

/** Describes the attempts so far: refused by the receiver, or with an unknown outcome. */
function sayAttempts(attempts: number, failure: EstimateTerms['failure']): string {
  if (attempts === 0) return ''
  const times = attempts === 1 ? 'once' : `${attempts} times`
  if (failure?.code !== 'NOTICE_REFUSED') return `was attempted ${times}, and the outcome of the last attempt is unknown; it `
  const said = failure.status === null ? '' : ` (${failure.status})`
  return failure.unknownOutcomes > 0 ? `was refused${said} at the last of ${attempts} attempts; it ` : `was refused ${times}${said}; it `
}
