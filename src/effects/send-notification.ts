import { type Effect, effectAt, type Snapshot } from '../domain/effect.ts'
import { type NotificationReceipt, SEND_NOTIFICATION } from '../domain/notification.ts'
import type { Notice, NoticeChannel } from '../notify/notice.ts'
import type { EffectKind } from './effect-kind.ts'

/** What a notification of a stream says: its type and its data. Pure, and the same at every attempt. */
export type NotificationContent<S extends Snapshot> = (snapshot: S, effect: Effect) => Pick<Notice, 'kind' | 'data'>

/** Tells the customer's application. It cannot be looked up: it is sent again under its key, and the receiver drops a second copy. */
export function sendNotificationEffect<S extends Snapshot>(channel: NoticeChannel, content: NotificationContent<S>): EffectKind<S> {
  return {
    kind: SEND_NOTIFICATION,
    asksPaxos: false,
    perform: async ({ snapshot, effect }): Promise<NotificationReceipt> => {
      // Committed with the claim. The same time at every attempt: a receiver must be able to take the second for the first.
      const occurredAt = new Date(effectAt(snapshot, effect.step).intendedAt ?? 0)
      const { status } = await channel.send({ key: effect.key, occurredAt, ...content(snapshot, effect) })
      return { kind: 'notice', channel: channel.name, status }
    },
    same: () => true,
    estimate: async ({ effect: { step, key, attempts } }) => {
      const again = attempts > 0 ? ' again, under the same key, since the outcome of the last attempt is unknown' : ''
      return { verdict: 'would-send-notice', detail: `${step} would be sent${again} (${key})` }
    },
  }
}
