import { AppError } from '../platform/app-error.ts'

interface NoticeFailure {
  key: string
  /** The HTTP status, or the code of a failure below HTTP. */
  answer: number | string
  /** Milliseconds that the receiver asked to wait. */
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** The application did not accept a notification, or may not have accepted it. */
export abstract class NoticeError extends AppError {
  readonly status: number | null
  readonly retryAfterMs: number | undefined
  constructor(message: string, { key, answer, retryAfterMs, cause }: NoticeFailure) {
    super(`Notification ${key} (${answer}): ${message}`, cause === undefined ? undefined : { cause })
    this.status = typeof answer === 'number' ? answer : null
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * The receiver refused it: a 4xx, or a redirect, which is never followed. Usually its configuration or ours is wrong and corrected within
 * the hour. So it is tried again, and a person must look once the attempts are spent.
 */
export class NoticeRefusedError extends NoticeError {
  readonly code = 'NOTICE_REFUSED'
  readonly retry = 'backoff'
  constructor(failure: NoticeFailure) {
    super('the application refused it. Check NOTIFY_WEBHOOK_URL, the secret, and the log of the application.', failure)
  }
}

/** The receiver is away or busy, and certainly did not accept it. Spends no attempt. */
export class NoticeUnavailableError extends NoticeError {
  readonly code = 'NOTICE_UNAVAILABLE'
  readonly retry = 'snooze'
  constructor(failure: NoticeFailure) {
    super('the application is not available; the notification was not delivered.', failure)
  }
}

/**
 * It was sent and the answer was lost or tells nothing (timeout, reset, 5xx). It is sent again under the same key, so the receiver can drop
 * the second copy.
 */
export class NoticeOutcomeUnknownError extends NoticeError {
  readonly code = 'NOTICE_OUTCOME_UNKNOWN'
  readonly retry = 'ask-first'
  constructor(failure: NoticeFailure) {
    super('the answer was lost; Gatehouse sends it again under the same key.', failure)
  }
}
