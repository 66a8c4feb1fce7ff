import type { AccountFault } from '../../domain/account/account-faults.ts'
import { AppError } from '../../platform/app-error.ts'

/** Paxos could not open the account, or could not correct it later. Nothing was sent. Names every wrong field. */
export class AccountNotPossibleError extends AppError {
  readonly code = 'ACCOUNT_NOT_POSSIBLE'
  readonly retry = 'never'
  readonly errors: readonly AccountFault[]
  constructor(errors: readonly AccountFault[]) {
    super(`${errors.map(({ field, message }) => `${field}: ${message}`).join('. ')}.`)
    this.errors = errors
  }
}
