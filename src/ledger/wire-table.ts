import type { WireSnapshot } from '../domain/transfer/wire.ts'
import { decimal, streamTable, text, time } from './stream-table.ts'

/** A wire of the Sandbox is a stream of its own. */
export const WIRE_TABLE = streamTable<WireSnapshot, 'wire'>({
  kind: 'wire',
  table: 'wire',
  property: 'wire',
  id: 'wireId',
  identity: ({ identityId }) => identityId,
  columns: {
    wireId: text('wire_id'),
    instructionsId: text('instructions_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    memoId: text('memo_id'),
    asset: text('asset'),
    amount: decimal('amount'),
    state: text('state'),
    reason: text('reason'),
    requestedAt: time('requested_at'),
  },
})
