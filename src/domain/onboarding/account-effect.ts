import { type Effect, newEffect, type Receipt } from '../effect.ts'

export const CREATE_ACCOUNT = 'create-account'

/** The account with its profile. `how`: from our call, or found at Paxos and taken over. */
export interface AccountReceipt extends Receipt {
  readonly kind: 'account'
  readonly accountId: string
  readonly profileId: string
  readonly how: 'created' | 'adopted'
}

/**
 * Paxos `ref_id` of the identity's one brokerage account. Built from the identity alone, so that even a database restored
 * from an old backup asks under the same key and meets its own account (409) instead of opening a second one.
 */
export function accountRefId(identityId: string): string {
  return `gatehouse-account-${identityId}`
}

/** The identity's first account. */
export function accountEffect(identityId: string): Effect {
  return newEffect({ kind: CREATE_ACCOUNT, name: null, number: 1 }, { step: 'account', key: accountRefId(identityId) })
}

/** Receipts are told apart by their kind; only create-account writes this one. */
export function isAccountReceipt(receipt: Receipt): receipt is AccountReceipt {
  return receipt.kind === 'account'
}
