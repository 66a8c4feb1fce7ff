import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { ACCOUNT_TABLE } from '../../ledger/account-table.ts'
import { ACCOUNT_READS, type FurtherAccountRecord, listFurtherAccounts } from '../../ledger/read-accounts.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { Perform } from '../audited.ts'
import { OnboardingUnknownError } from '../documents/document-errors.ts'
import { createAnswerWatch } from '../request/await-answer.ts'
import { type AccountRequest, type OpenAccountParts, openAccount } from './open-account.ts'

export interface AccountUseCases {
  /**
   * Commits the request, then calls Paxos and waits up to 5 s. After that it may still be `submitting` or `unknown`. Safe to repeat with the
   * same key. @throws OnboardingUnknownError, AccountNotPossibleError, IdempotencyKeyReusedError
   */
  openAccount(asked: AccountRequest, actor: Actor): Promise<{ account: FurtherAccountRecord; created: boolean }>
  /** The further accounts that the customer owns, alone or with others, newest first. @throws OnboardingUnknownError */
  listAccounts(identityId: string): Promise<FurtherAccountRecord[]>
}

/** Further accounts of customers, and joint accounts. */
export function accountUseCases({
  pool,
  perform,
  ...parts
}: Omit<OpenAccountParts, 'find' | 'answered'> & { pool: Pool; perform: Perform }): AccountUseCases {
  const { now, onboardings } = parts
  const find = (accountKey: string) => ACCOUNT_READS.find(pool, accountKey)
  const states = ['submitting', 'unknown']
  const answered = createAnswerWatch({ pendingAmong: (ids) => pendingAmong(pool, ACCOUNT_TABLE, { ids, states }), now })
  return {
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
