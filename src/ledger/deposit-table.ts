import type { DepositSnapshot } from '../domain/transfer/deposit.ts'
import { decimal, streamTable, text, time } from './stream-table.ts'

/** A deposit of the Sandbox is a stream of its own. */
export const DEPOSIT_TABLE = streamTable<DepositSnapshot, 'deposit'>({
  kind: 'deposit',
  table: 'deposit',
  property: 'deposit',
  id: 'depositId',
  identity: ({ identityId }) => identityId,
  columns: {
    depositId: text('deposit_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    asset: text('asset'),
    amount: decimal('amount'),
    state: text('state'),
    reason: text('reason'),
    activityId: text('activity_id'),
    requestedAt: time('requested_at'),
  },
})
