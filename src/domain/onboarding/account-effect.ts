import { type Effect, newEffect, type Receipt } from '../effect.ts'

export const CREATE_ACCOUNT = 'create-account'

/** The account with its profile. `how`: created by our call, or found at Paxos and adopted. */
export interface AccountReceipt extends Receipt {
  readonly kind: 'account'
  readonly accountId: string
  readonly profileId: string
  readonly how: 'created' | 'adopted'
}

/**
 * Paxos `ref_id` of the identity's one brokerage account. It follows from the identity alone. So even a database restored from an old
 * backup uses the same key and gets a 409 for its own account, instead of opening a second one.
 */
export function accountRefId(identityId: string): string {
  return `gatehouse-account-${identityId}`
}

/** The identity's first account. */
export function accountEffect(identityId: string): Effect {
  return newEffect({ kind: CREATE_ACCOUNT, name: null, number: 1 }, { step: 'account', key: accountRefId(identityId) })
}

/** Only create-account writes receipts of this kind. */
export function isAccountReceipt(receipt: Receipt): receipt is AccountReceipt {
  return receipt.kind === 'account'
}
