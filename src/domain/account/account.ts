import type { Receipt, Snapshot } from '../effect.ts'

/**
 * Where a further account of a customer stands.
 *
 * - `submitting`: committed here; the worker is asking Paxos for it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was asked for and the answer was lost. In: the worker. Out: the worker, by a look-up of its ref_id.
 * - `opened`: Paxos has it, with its profile. In: the worker. Out: never; whether it may trade follows from its owners.
 * - `rejected`: Paxos refused it, or an owner lost the approval before it was asked for; final. In: the worker. Out: never.
 * - `held`: what Paxos has under its ref_id is not what was asked for. In: the worker. Out: an operator.
 */
export const ACCOUNT_STATES = ['submitting', 'unknown', 'opened', 'rejected', 'held'] as const
export type AccountState = (typeof ACCOUNT_STATES)[number]

/** Types of accounts (paxos/api.md 5.1). */
export const ACCOUNT_TYPES = ['BROKERAGE', 'TRADITIONAL_IRA', 'ROTH_IRA', 'SEP_IRA', 'FINANCIAL_ADVISOR'] as const
export type AccountType = (typeof ACCOUNT_TYPES)[number]

/** Roles of an account's members (paxos/api.md 5.1). */
export const MEMBER_ROLES = ['BENEFICIAL_OWNER', 'AUTHORIZED_USER', 'FINANCIAL_ADVISOR'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** A member as it is asked for. */
export interface AskedMember {
  readonly identityId: string
  readonly roles: readonly MemberRole[]
}

/** A member as Paxos has it. */
export interface AccountMember extends AskedMember {
  /** Paxos's id of the membership; null until Paxos answers. */
  readonly memberId: string | null
}

/** Free texts of a request for Paxos, which may name a person. */
export interface AccountInput {
  readonly description?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

export const OPEN_ACCOUNT = 'open-account'
export const FORGET_INPUT = 'forget-account-input'

/** A further account as last committed. Its description and metadata, which may name a person, are sealed in the vault until Paxos has them. */
export interface Account {
  /** Gatehouse's id: `account-` and a hash of the Idempotency-Key. */
  readonly accountKey: string
  /** Paxos's id; null until Paxos answers. */
  readonly accountId: string | null
  /** The primary owner. */
  readonly identityId: string
  readonly profileId: string | null
  readonly type: AccountType
  /** The members besides the primary owner, in the order in which they were asked for. */
  readonly members: readonly AccountMember[]
  /** The identities that own it, the primary owner first: with two or more it is a joint account. */
  readonly owners: readonly string[]
  readonly state: AccountState
  readonly reason: string | null
  readonly requestedBy: string
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface AccountSnapshot extends Snapshot {
  readonly account: Account
}

/** Paxos has the account. `members`: the ids of the memberships as JSON, by identity. `how`: created by our call, or found by its ref_id. */
export interface OpenedReceipt extends Receipt {
  readonly kind: 'account-opened'
  readonly accountId: string
  readonly profileId: string
  readonly members: string
  readonly how: 'created' | 'adopted'
}

/** The identities that own an account: the primary owner, and each member that is a BENEFICIAL_OWNER. */
export function ownersOf(primary: string, members: readonly AskedMember[]): string[] {
  const others = members.filter(({ identityId, roles }) => identityId !== primary && roles.includes('BENEFICIAL_OWNER'))
  return [primary, ...others.map(({ identityId }) => identityId)]
}

/** Only open-account writes receipts of this kind. */
export function isOpened(receipt: Receipt): receipt is OpenedReceipt {
  return receipt.kind === 'account-opened'
}
