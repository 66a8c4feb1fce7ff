import type { AccountSnapshot } from '../domain/account/account.ts'
import { json, streamTable, text, textList, time } from './stream-table.ts'

/** A further account is a stream of its own. The first account of a customer belongs to the onboarding's stream. */
export const ACCOUNT_TABLE = streamTable<AccountSnapshot, 'account'>({
  kind: 'account',
  table: 'account',
  property: 'account',
  id: 'accountKey',
  identity: ({ identityId }) => identityId,
  columns: {
    accountKey: text('account_key'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    type: text('type'),
    members: json('members'),
    owners: textList('owners'),
    state: text('state'),
    reason: text('reason'),
    requestedBy: text('requested_by'),
    requestedAt: time('requested_at'),
  },
})
