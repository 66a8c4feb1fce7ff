import { AppError } from '../platform/app-error.ts'

/** The replay is not in the state that the request supposes. */
export class ReplayStateError extends AppError {
  readonly code = 'REPLAY_STATE'
  readonly retry = 'never'
}

/** The plan is older than a day: what it says is no longer to be trusted. */
export class ReplayExpiredError extends AppError {
  readonly code = 'REPLAY_EXPIRED'
  readonly retry = 'never'
}

/** The plan needs a second person, and this one has agreed already. */
export class ReplaySecondPersonError extends AppError {
  readonly code = 'REPLAY_SECOND_PERSON'
  readonly retry = 'never'
}
