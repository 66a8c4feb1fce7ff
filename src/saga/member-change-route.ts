import { CHANGE_MEMBERS, MEMBER_CHANGE_RULES, type MemberChangeSnapshot } from '../domain/institution/member-change.ts'
import { changeMembersEffects, type MemberEffectParts } from '../effects/change-members.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export interface MemberChangeParts extends MemberEffectParts {
  ledger: Ledger<MemberChangeSnapshot>
  paxos: PaxosClient
}

/** The command to change the members of an institution moves the change that it names. */
export function memberChangeRoute({ ledger, paxos, ...parts }: MemberChangeParts): OwnRoute {
  const kind: StreamKind<MemberChangeSnapshot, null> = { rules: MEMBER_CHANGE_RULES, ledger, effects: changeMembersEffects(paxos, parts) }
  return {
    type: CHANGE_MEMBERS,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
