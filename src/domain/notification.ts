import { type Effect, effectsOf, newEffect, type Receipt, type Snapshot } from './effect.ts'

export const SEND_NOTIFICATION = 'send-notification'

/** The receipt of a notification: how the application's receiver answered. */
export interface NotificationReceipt extends Receipt {
  readonly kind: 'notice'
  readonly channel: string
  /** The HTTP status; null for a channel without one. */
  readonly status: number | null
}

/** Key of the `number`-th notification of a name to one stream: the `webhook-id` of every attempt. */
export function notificationKey(streamId: string, name: string, number: number): string {
  return `notice_${name}_${number}_${streamId}`
}

/** The next notification of this name: each transition sends its own. */
export function nextNotification(streamId: string, name: string, snapshot: Snapshot): Effect {
  return nthNotification(streamId, name, 1 + effectsOf(snapshot, SEND_NOTIFICATION, name).length)
}

/** The `number`-th notification of this name. */
export function nthNotification(streamId: string, name: string, number: number): Effect {
  return newEffect(
    { kind: SEND_NOTIFICATION, name, number },
    { step: `notice:${name}:${number}`, key: notificationKey(streamId, name, number) },
  )
}
