import type { AccountMemberChangeSnapshot } from '../domain/account/account-member-change.ts'
import { json, streamTable, text, time } from './stream-table.ts'

/** A change of an account's members is a stream of its own. */
export const ACCOUNT_MEMBER_CHANGE_TABLE = streamTable<AccountMemberChangeSnapshot, 'change'>({
  kind: 'account-member-change',
  table: 'account_member_change',
  property: 'change',
  id: 'changeKey',
  identity: ({ identityId }) => identityId,
  columns: {
    changeKey: text('change_key'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    kind: text('kind'),
    members: json('members'),
    state: text('state'),
    reason: text('reason'),
    requestedAt: time('requested_at'),
  },
})
