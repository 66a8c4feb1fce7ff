import type { ClosingSnapshot } from '../domain/account/account-closing.ts'
import { integer, json, streamTable, text, textList, time } from './stream-table.ts'

/** The closing of an account is a stream of its own. */
export const ACCOUNT_CLOSING_TABLE = streamTable<ClosingSnapshot, 'closing'>({
  kind: 'account-closing',
  table: 'account_closing',
  property: 'closing',
  id: 'closingId',
  identity: ({ identityId }) => identityId,
  columns: {
    closingId: text('closing_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    state: text('state'),
    reason: text('reason'),
    round: integer('round'),
    sales: json('sales'),
    refusals: integer('refusals'),
    soldAt: time('sold_at'),
    cancels: textList('cancels'),
    blocks: json('blocks'),
    requestedAt: time('requested_at'),
  },
})
