import { AppError } from '../../platform/app-error.ts'

/** The change breaks rules of Paxos. Every wrong field is named, also one that only breaks a rule together with what Paxos has. Nothing was sent. */
export class ChangeInvalidError extends AppError {
  readonly code = 'CHANGE_INVALID'
  readonly retry = 'never'
  readonly errors: readonly { field: string; message: string; suggestion?: string }[]
  constructor(errors: readonly { field: string; message: string; suggestion?: string }[]) {
    super(`The change was not sent: ${errors.map(({ field, message }) => `${field} ${message}`).join('; ')}.`)
    this.errors = errors
  }
}

/** A control of this type that we set is active already. */
export class ControlActiveError extends AppError {
  readonly code = 'CONTROL_ACTIVE'
  readonly retry = 'never'
  constructor(type: string, controlId: string) {
    super(`A control ${type} is active already: ${controlId}. Delete it before you set it with another reason.`)
  }
}

/** The identity has no active control with this id. */
export class ControlUnknownError extends AppError {
  readonly code = 'CONTROL_UNKNOWN'
  readonly retry = 'never'
  constructor(controlId: string) {
    super(`controlId: The customer has no active control ${controlId}. GET /v1/onboardings/{id}/controls lists the active ones.`)
  }
}

/** Paxos set this control, and Paxos alone deletes it (paxos/api.md 4.9). */
export class ControlOfPaxosError extends AppError {
  readonly code = 'CONTROL_OF_PAXOS'
  readonly retry = 'never'
  constructor(type: string) {
    super(`Paxos set this control (${type}), and Paxos alone can delete it. Ask Paxos's support what it needs.`)
  }
}
