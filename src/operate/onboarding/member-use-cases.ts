import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { MEMBER_CHANGE_TABLE } from '../../ledger/member-change-table.ts'
import { MEMBER_CHANGE_READS, type MemberChangeRecord } from '../../ledger/read-member-changes.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { PaxosInstitution } from '../../paxos/institution-members.ts'
import type { Perform } from '../audited.ts'
import { createAnswerWatch } from '../request/await-answer.ts'
import { changeMembers, type MemberParts, type MemberRequest, readInstitution } from './change-members.ts'

export interface MemberUseCases {
  /** The members as Paxos has them now. @throws OnboardingUnknownError, MembersNotPossibleError for a person, PaxosError */
  listMembers(identityId: string): Promise<PaxosInstitution['members']>
  /** Adds members to an institution or removes one. Safe to repeat with the same key. @throws the errors of changeMembers */
  changeMembers(asked: MemberRequest, actor: Actor): Promise<{ change: MemberChangeRecord; created: boolean }>
}

/** The members of institutions and their changes. */
export function memberUseCases({
  pool,
  perform,
  ...parts
}: Omit<MemberParts, 'find' | 'answered'> & { pool: Pool; perform: Perform }): MemberUseCases {
  const states = ['submitting', 'unknown']
  const answered = createAnswerWatch({ pendingAmong: (ids) => pendingAmong(pool, MEMBER_CHANGE_TABLE, { ids, states }), now: parts.now })
  const find = (changeId: string) => MEMBER_CHANGE_READS.find(pool, changeId)
  return {
    listMembers: async (identityId) => (await readInstitution(parts, identityId)).members,
    changeMembers: (asked, actor) => {
      const { identityId, change } = asked
      const data = 'memberId' in change ? { memberId: change.memberId } : { members: change.members.map((member) => member.identityId) }
      const action = 'memberId' in change ? 'member.remove' : 'members.add'
      const rule = { action, target: identityId, reason: null, data, entry: 'after' as const }
      return perform(
        actor,
        { ...rule, result: (done) => ({ data: { ...data, changeId: done.change.changeId, created: done.created } }) },
        () => changeMembers({ ...parts, find, answered }, asked, actor),
      )
    },
  }
}
