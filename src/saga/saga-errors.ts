import { AppError } from '../platform/app-error.ts'

/** Paxos does not know the event: forged, of another customer, or not readable yet. Tried again for a short while, then parked. */
export class EventUnknownError extends AppError {
  readonly code = 'EVENT_UNKNOWN_TO_PAXOS'
  readonly retry = 'backoff'
  constructor(eventId: string) {
    super(`Paxos does not know event ${eventId}: the webhook was forged or meant for another Paxos customer`)
  }
}

/** The event was read but names no identity, so nobody's onboarding can be advanced by it. */
export class EventWithoutIdentityError extends AppError {
  readonly code = 'EVENT_WITHOUT_IDENTITY'
  readonly retry = 'never'
  constructor(eventId: string) {
    super(`event ${eventId} names no identity`)
  }
}

/** The event announces a decision that the identity's live status does not show yet. Read again shortly, then held. */
export class StatusNotSettledError extends AppError {
  readonly code = 'STATUS_NOT_SETTLED'
  readonly retry = 'backoff'
  constructor(type: string, status: string) {
    super(`${type} was announced, but the identity still reads ${status}`)
  }
}

/**
 * The account exists and its profile does not (yet): paxos/api.md 5.1, assumed to come a moment later. That is an answer, and no
 * unknown outcome: it spends an attempt, and is held after a few.
 */
export class ProfileMissingError extends AppError {
  readonly code = 'ACCOUNT_WITHOUT_PROFILE'
  readonly retry = 'backoff'
  readonly accountId: string
  constructor(accountId: string) {
    super(`account ${accountId} has no profile yet`)
    this.accountId = accountId
  }
}

/** The account that Paxos holds under our key is not the one we asked for: another identity, or another key. */
export class AccountMismatchError extends AppError {
  readonly code = 'ACCOUNT_MISMATCH'
  readonly retry = 'never'
  constructor(accountId: string | null) {
    super(
      accountId === null ? 'Paxos reports a conflicting account and shows none' : `account ${accountId} is not the one that was asked for`,
    )
  }
}

/** Another event of the same identity has the effect in hand. Its turn ends, or its lease does. */
export class EffectInHandError extends AppError {
  readonly code = 'EFFECT_IN_HAND'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(step: string, retryAfterMs: number) {
    super(`${step} is in the hands of another event`)
    this.retryAfterMs = retryAfterMs
  }
}

/** The effect was refused before, and nobody has asked for another try. */
export class EffectRefusedError extends AppError {
  readonly retry = 'never'
  readonly code = 'EFFECT_REFUSED'
  constructor(step: string, code: string | null) {
    super(`${step} was refused${code ? ` (${code})` : ''}; replay the event once the cause is mended`)
  }
}

/** Many changes met on one identity and this one never got its turn; the next attempt will. */
export class ContendedError extends AppError {
  readonly code = 'ONBOARDING_CONTENDED'
  readonly retry = 'snooze'
}

/** A job that did not return in time. All I/O has its own bounds, so this is a fault of ours. */
export class JobTimedOutError extends AppError {
  readonly code = 'JOB_TIMED_OUT'
  readonly retry = 'backoff'
}
