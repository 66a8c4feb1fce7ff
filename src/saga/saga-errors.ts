import { AppError } from '../platform/app-error.ts'

/** Paxos does not know the event: it is forged, of another customer, or not readable yet. It is read once more after 10 s, then parked. */
export class EventUnknownError extends AppError {
  readonly code = 'EVENT_UNKNOWN_TO_PAXOS'
  readonly retry = 'backoff'
  readonly retryAfterMs = 10_000
  constructor(eventId: string) {
    super(`Paxos does not know event ${eventId}: the webhook was forged or meant for another Paxos customer`)
  }
}

/** The confirmed event names no identity, so it can advance no onboarding. */
export class EventWithoutIdentityError extends AppError {
  readonly code = 'EVENT_WITHOUT_IDENTITY'
  readonly retry = 'never'
  constructor(eventId: string) {
    super(`event ${eventId} names no identity`)
  }
}

/** Paxos has the event, and not the transfer that it names. Looked for three times within half a minute, then parked. */
export class TransferUnknownError extends AppError {
  readonly code = 'TRANSFER_UNKNOWN_TO_PAXOS'
  readonly retry: 'backoff' | 'never'
  readonly retryAfterMs = 10_000
  constructor(transferId: string, { last }: { last: boolean }) {
    super(`Paxos does not know transfer ${transferId}, which its event names; replay the event once Paxos lists the transfer`)
    this.retry = last ? 'never' : 'backoff'
  }
}

/**
 * The event announces a change that the live status does not show yet. The status is read again shortly. After six attempts the onboarding
 * is held.
 */
export class StatusNotSettledError extends AppError {
  readonly code = 'STATUS_NOT_SETTLED'
  readonly retry = 'backoff'
}

/** Another event of the same stream holds the effect's lease. It ends its work, or its lease runs out. */
export class EffectInProgressError extends AppError {
  readonly code = 'EFFECT_IN_PROGRESS'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(step: string, retryAfterMs: number) {
    super(`${step} is being run by another event`)
    this.retryAfterMs = retryAfterMs
  }
}

/** The effect was refused before, and no operator has requested another try. */
export class EffectRefusedError extends AppError {
  readonly retry = 'never'
  readonly code = 'EFFECT_REFUSED'
  /** Code of the refusal. */
  readonly refusal: string | null
  /** `cause`: the refusal itself, if this run met it. */
  constructor(step: string, code: string | null, options?: ErrorOptions) {
    super(`${step} was refused${code ? ` (${code})` : ''}; replay the event once the cause is fixed`, options)
    this.refusal = code
  }
}

/** Many changes met on one stream, and this one lost every time. The next attempt will pass. */
export class ContendedError extends AppError {
  readonly code = 'ONBOARDING_CONTENDED'
  readonly retry = 'snooze'
}

/** A job did not return in time. All I/O has its own timeout, so this is a fault of ours. */
export class JobTimedOutError extends AppError {
  readonly code = 'JOB_TIMED_OUT'
  readonly retry = 'backoff'
}

/** A receipt names ids (an account, a profile) that another stream has already: the answer concerns another customer. */
export class ReceiptTakenError extends AppError {
  readonly code = 'RECEIPT_TAKEN'
  readonly retry = 'never'
  constructor(step: string) {
    super(`the answer to ${step} names ids that belong to another stream`)
  }
}

/** The trigger concerns a stream that does not exist yet. Only an event of another kind can open it. */
export class StreamMissingError extends AppError {
  readonly code = 'STREAM_MISSING'
  readonly retry = 'backoff'
  constructor(kind: string, streamId: string) {
    super(`unknown ${kind} ${streamId}`)
  }
}

/** A newer version of Gatehouse wrote a state that this worker does not know. This worker leaves the event to a newer one. */
export class StreamStateUnknownError extends AppError {
  readonly code = 'STREAM_STATE_UNKNOWN'
  readonly retry = 'snooze'
  readonly retryAfterMs = 30_000
  constructor(kind: string, state: string) {
    super(`this version does not know state ${state} of ${kind}: a newer version wrote it and continues it`)
  }
}

/** A newer version of Gatehouse intended an effect that this worker cannot perform. */
export class EffectKindUnknownError extends AppError {
  readonly code = 'EFFECT_KIND_UNKNOWN'
  readonly retry = 'snooze'
  readonly retryAfterMs = 30_000
  constructor(kind: string) {
    super(`this version does not know effect ${kind}: a newer version wrote it and continues it`)
  }
}

/** A newer version of Gatehouse wrote an event into the inbox that this worker cannot route. */
export class OriginUnknownError extends AppError {
  readonly code = 'ORIGIN_UNKNOWN'
  readonly retry = 'snooze'
  readonly retryAfterMs = 30_000
  constructor(origin: string) {
    super(`this version cannot route ${origin}: a newer version wrote it and continues it`)
  }
}
