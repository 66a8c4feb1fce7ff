import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { ACCOUNT_MEMBER_CHANGE_TABLE } from '../../ledger/account-member-change-table.ts'
import { ACCOUNT_TABLE } from '../../ledger/account-table.ts'
import { ACCOUNT_MEMBER_CHANGE_READS } from '../../ledger/read-account-member-changes.ts'
import { ACCOUNT_READS, type FurtherAccountRecord, findAccount, listFurtherAccounts } from '../../ledger/read-accounts.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { Perform } from '../audited.ts'
import { OnboardingUnknownError } from '../documents/document-errors.ts'
import { createAnswerWatch } from '../request/await-answer.ts'
import { AccountUnknownError } from '../trading/trading-gate.ts'
import {
  type AddMembers,
  addAccountMembers,
  type ChangedMembers,
  type ChangeMembersParts,
  removeAccountMember,
} from './change-account-members.ts'
import { type ClosingParts, type ClosingUseCases, closingUseCases } from './close-account.ts'
import { type AccountRequest, type OpenAccountParts, openAccount } from './open-account.ts'

export interface AccountUseCases extends ClosingUseCases {
  /**
   * Commits the request, then calls Paxos and waits up to 5 s. After that it may still be `submitting` or `unknown`. Safe to repeat with the
   * same key. @throws OnboardingUnknownError, AccountNotPossibleError, IdempotencyKeyReusedError
   */
  openAccount(asked: AccountRequest, actor: Actor): Promise<{ account: FurtherAccountRecord; created: boolean }>
  /** Adds members to an account. Safe to repeat with the same key. @throws AccountUnknownError, AccountNotPossibleError, IdempotencyKeyReusedError */
  addAccountMembers(asked: AddMembers, actor: Actor): Promise<ChangedMembers>
  /** Removes a member. Safe to repeat. @throws AccountUnknownError, MemberUnknownError, LastOwnerError */
  removeAccountMember(asked: { accountId: string; memberId: string }, actor: Actor): Promise<ChangedMembers>
  /** The further accounts that the customer owns, alone or with others, newest first. @throws OnboardingUnknownError */
  listAccounts(identityId: string): Promise<FurtherAccountRecord[]>
}

type Watched = 'find' | 'answered' | 'findChange' | 'changed' | 'account'

/** What the use cases need besides the reads that they make themselves. */
export type AccountParts = Omit<OpenAccountParts & ChangeMembersParts, Watched> &
  Pick<ClosingParts, 'closings' | 'paxos'> & { pool: Pool; perform: Perform }

/** Further accounts of customers, and joint accounts. */
export function accountUseCases({ pool, perform, ...parts }: AccountParts): AccountUseCases {
  const { now, onboardings } = parts
  const find = (accountKey: string) => ACCOUNT_READS.find(pool, accountKey)
  const states = ['submitting', 'unknown']
  const answered = createAnswerWatch({ pendingAmong: (ids) => pendingAmong(pool, ACCOUNT_TABLE, { ids, states }), now })
  const membership = {
    ...parts,
    findChange: (changeKey: string) => ACCOUNT_MEMBER_CHANGE_READS.find(pool, changeKey),
    changed: createAnswerWatch({ pendingAmong: (ids) => pendingAmong(pool, ACCOUNT_MEMBER_CHANGE_TABLE, { ids, states }), now }),
    account: async (accountId: string) => {
      const found = await findAccount(pool, accountId)
      if (!found) throw new AccountUnknownError(accountId)
      return found
    },
  }
  const audited = (actor: Actor, action: string, accountId: string, act: () => Promise<ChangedMembers>): Promise<ChangedMembers> =>
    perform(
      actor,
      {
        ...{ action, target: accountId, reason: null, entry: 'after' as const },
        result: ({ change, created }) => ({
          data: { changeKey: change.changeKey, members: change.members.map((each) => each.identityId), created },
        }),
      },
      act,
    )
  return {
    ...closingUseCases({ ...parts, pool, perform, account: membership.account }),
    addAccountMembers: (asked, actor) => audited(actor, 'member.add', asked.accountId, () => addAccountMembers(membership, asked, actor)),
    removeAccountMember: (asked, actor) =>
      audited(actor, 'member.remove', asked.accountId, () => removeAccountMember(membership, asked, actor)),
    openAccount: (asked, actor) => {
      const { identityId, type, members } = asked
      const data = { type, members: members.map((member) => member.identityId) }
      const rule = { action: 'account.open', target: identityId, reason: null, data, entry: 'after' as const }
      return perform(
        actor,
        { ...rule, result: ({ account, created }) => ({ data: { ...data, accountKey: account.accountKey, created } }) },
        () => openAccount({ ...parts, find, answered }, asked, actor),
      )
    },
    listAccounts: async (identityId) => {
      if (!(await onboardings.load(identityId))) throw new OnboardingUnknownError(identityId)
      return listFurtherAccounts(pool, identityId)
    },
  }
}
