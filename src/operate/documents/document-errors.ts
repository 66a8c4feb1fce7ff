import { AppError } from '../../platform/app-error.ts'

/** Paxos takes less than 100 MB (paxos/api.md 4.10). */
export const MAX_FILE_BYTES = 100_000_000

/** The identity has no onboarding here. */
export class OnboardingUnknownError extends AppError {
  readonly code = 'ONBOARDING_UNKNOWN'
  readonly retry = 'never'
  constructor(id: string) {
    super(`There is no onboarding of identity ${id}. GET /v1/onboardings?q= searches.`)
  }
}

export class DocumentTooLargeError extends AppError {
  readonly code = 'DOCUMENT_TOO_LARGE'
  readonly retry = 'never'
  constructor() {
    super(
      'The file is too large: Paxos takes files of less than 100 MB (100,000,000 bytes). Send it in a smaller form, such as with a lower resolution.',
    )
  }
}

/** `looksLike`: what the first bytes say; null: nothing that we know. */
export class DocumentFormatError extends AppError {
  readonly code = 'DOCUMENT_FORMAT_UNSUPPORTED'
  readonly retry = 'never'
  constructor(looksLike: string | null) {
    const seen = looksLike === null ? 'none of these formats' : looksLike
    super(
      `The file must be a PDF, JPEG or PNG by its first bytes (its name does not count); this one is ${seen}. Convert it, then send it again.`,
    )
  }
}

export class DocumentEmptyError extends AppError {
  readonly code = 'DOCUMENT_EMPTY'
  readonly retry = 'never'
  constructor() {
    super('The file is empty. Send the file itself in the form field "file".')
  }
}

/** The caller's connection ended before the file did. */
export class DocumentBrokeOffError extends AppError {
  readonly code = 'DOCUMENT_BROKE_OFF'
  readonly retry = 'never'
  constructor(options?: { cause: unknown }) {
    super('The upload broke off before the end of the file. Send the file again with the same Idempotency-Key.', options)
  }
}

/** The file has another number of bytes than was said before it. */
export class DocumentLengthError extends AppError {
  readonly code = 'DOCUMENT_LENGTH_WRONG'
  readonly retry = 'never'
  constructor() {
    super(
      'The file does not have the stated number of bytes. Make "file" the last field of the form, and send the number of its bytes as "size" or leave it out.',
    )
  }
}

/** Another request with this key is sending the file, or was when its process died. */
export class DocumentInProgressError extends AppError {
  readonly code = 'DOCUMENT_IN_PROGRESS'
  readonly retry = 'never'
  readonly retryAfterMs: number
  constructor(untilMs: number, nowMs: number) {
    const seconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1_000))
    super(
      `A request with this Idempotency-Key is sending the file. If that request has failed, send the file again after ${seconds} s; ` +
        'GET /v1/onboardings/{id}/documents says how it ended.',
    )
    this.retryAfterMs = seconds * 1_000
  }
}
