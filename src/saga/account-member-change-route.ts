import {
  ACCOUNT_MEMBER_CHANGE_RULES,
  type AccountMemberChangeSnapshot,
  CHANGE_ACCOUNT_MEMBERS,
} from '../domain/account/account-member-change.ts'
import { accountMemberChangeEffects } from '../effects/change-account-members.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

/** The command to change an account's members moves the change that it names. */
export function accountMemberChangeRoute({ ledger, paxos }: { ledger: Ledger<AccountMemberChangeSnapshot>; paxos: PaxosClient }): OwnRoute {
  const kind: StreamKind<AccountMemberChangeSnapshot, null> = {
    rules: ACCOUNT_MEMBER_CHANGE_RULES,
    ledger,
    effects: accountMemberChangeEffects(paxos),
  }
  return {
    type: CHANGE_ACCOUNT_MEMBERS,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
