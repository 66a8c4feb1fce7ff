import type { TransferSnapshot } from '../domain/transfer/transfer-stream.ts'
import { decimal, streamTable, text } from './stream-table.ts'

/** A transfer is a stream of its own. */
export const TRANSFER_TABLE = streamTable<TransferSnapshot, 'transfer'>({
  kind: 'transfer',
  table: 'transfer',
  property: 'transfer',
  id: 'transferId',
  identity: ({ identityId }) => identityId,
  columns: {
    transferId: text('transfer_id'),
    paxosTransferId: text('paxos_transfer_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    direction: text('direction'),
    type: text('type'),
    asset: text('asset'),
    amount: decimal('amount'),
    fee: decimal('fee'),
    total: decimal('total'),
    state: text('state'),
    reason: text('reason'),
    paxosStatus: text('paxos_status'),
    moved: decimal('moved'),
    instructionsId: text('instructions_id'),
    returnOf: text('return_of'),
    startedAt: text('started_at'),
  },
})
