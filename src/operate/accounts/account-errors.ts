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

/** The account has no membership with this id at Paxos. */
export class MemberUnknownError extends AppError {
  readonly code = 'MEMBERSHIP_UNKNOWN'
  readonly retry = 'never'
  constructor(accountId: string, memberId: string) {
    super(`Account ${accountId} has no membership ${memberId} at Paxos. GET /v1/accounts/{id} lists them.`)
  }
}

/** The primary owner cannot be removed: an account without an owner is not possible. Nothing was sent. */
export class LastOwnerError extends AppError {
  readonly code = 'LAST_OWNER'
  readonly retry = 'never'
  constructor(accountId: string) {
    super(`The primary owner of account ${accountId} cannot be removed: an account keeps the owner that it was opened for.`)
  }
}
