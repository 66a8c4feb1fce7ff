import type { MemberChangeSnapshot } from '../domain/institution/member-change.ts'
import { json, streamTable, text, time } from './stream-table.ts'

/** A change of an institution's members is a stream of its own. */
export const MEMBER_CHANGE_TABLE = streamTable<MemberChangeSnapshot, 'change'>({
  kind: 'member-change',
  table: 'member_change',
  property: 'change',
  id: 'changeId',
  identity: ({ identityId }) => identityId,
  columns: {
    changeId: text('change_id'),
    identityId: text('identity_id'),
    action: text('action'),
    members: json('members'),
    memberId: text('member_id'),
    state: text('state'),
    reason: text('reason'),
    requestedAt: time('requested_at'),
  },
})
