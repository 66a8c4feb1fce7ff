import type { AccountClosing } from '../../domain/account/account-closing.ts'
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

/** The account has a closing that was not stopped, or is closed. Nothing was done. */
export class ClosingExistsError extends AppError {
  readonly code = 'CLOSING_EXISTS'
  readonly retry = 'never'
  constructor({ closingId, accountId, state }: Pick<AccountClosing, 'closingId' | 'accountId' | 'state'>) {
    super(
      state === 'closed'
        ? `Account ${accountId} is closed already (${closingId}).`
        : `Account ${accountId} is being closed already (${closingId}, ${state}). GET /v1/accounts/{id}/closing says what blocks it.`,
    )
  }
}

/** The account has no closing. */
export class ClosingUnknownError extends AppError {
  readonly code = 'CLOSING_UNKNOWN'
  readonly retry = 'never'
  constructor(id: string) {
    super(`There is no closing of ${id}. POST /v1/accounts/{id}/close begins one.`)
  }
}

/** The closing cannot be stopped now: something irreversible is under way, or it has ended. */
export class ClosingStateError extends AppError {
  readonly code = 'CLOSING_STATE'
  readonly retry = 'never'
  constructor({ closingId, state }: Pick<AccountClosing, 'closingId' | 'state'>) {
    const why: Readonly<Record<string, string>> = {
      selling: 'its sales are under way. They end within seconds; try again then',
      finishing: 'the account is being disabled at Paxos',
      closed: 'the account is closed',
      held: 'it is held; a person must compare the account at Paxos',
    }
    super(`Closing ${closingId} cannot be stopped: ${why[state] ?? `it is ${state}`}.`)
  }
}
