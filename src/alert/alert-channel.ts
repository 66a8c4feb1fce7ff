import { AppError } from '../platform/app-error.ts'
import type { AlertMessage } from './alert-message.ts'

export const ALERT_CHANNELS = ['webhook', 'e-mail'] as const
export type AlertChannelName = (typeof ALERT_CHANNELS)[number]

/** A way to alert the operators. */
export interface AlertChannel {
  readonly name: AlertChannelName
  /** Resolves when the message was accepted, with the status of the answer if there is one. @throws AlertNotDeliveredError */
  send(message: AlertMessage): Promise<{ status: number | null }>
  /** Checks that a message could go out now. It must not disturb a person. @throws AlertNotDeliveredError */
  heartbeat(id: string): Promise<{ status: number | null }>
  close(): Promise<void>
}

/** The channel did not accept a message, or the answer was lost. It is sent again under the same id. */
export class AlertNotDeliveredError extends AppError {
  readonly code = 'ALERT_NOT_DELIVERED'
  readonly retry = 'backoff'
  /** The status of the answer, or the code of a failure below it. */
  readonly answer: string
  constructor(channel: AlertChannelName, answer: string, cause?: unknown) {
    super(
      `The ${channel} channel did not accept the message (${answer}). Check ${channel === 'webhook' ? 'ALERT_WEBHOOK_URL' : 'ALERT_SMTP_URL, ALERT_EMAIL_FROM and ALERT_EMAIL_TO'}, and the log of the receiver.`,
      cause === undefined ? undefined : { cause },
    )
    this.answer = answer
  }
}
