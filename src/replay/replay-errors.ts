import { AppError } from '../platform/app-error.ts'

/** The replay is not in a state that allows the request. */
export class ReplayStateError extends AppError {
  readonly code = 'REPLAY_STATE'
  readonly retry = 'never'
}

/** The plan is older than 24 h: its previews may be wrong by now. */
export class ReplayExpiredError extends AppError {
  readonly code = 'REPLAY_EXPIRED'
  readonly retry = 'never'
}

/** The plan needs a second person, and this person has approved it already. */
export class ReplaySecondPersonError extends AppError {
  readonly code = 'REPLAY_SECOND_PERSON'
  readonly retry = 'never'
}
