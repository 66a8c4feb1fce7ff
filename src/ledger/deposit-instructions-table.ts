import type { InstructionsSnapshot } from '../domain/transfer/deposit-instructions.ts'
import { streamTable, text, time } from './stream-table.ts'

/** A request for deposit instructions is a stream of its own. */
export const DEPOSIT_INSTRUCTIONS_TABLE = streamTable<InstructionsSnapshot, 'instructions'>({
  kind: 'deposit-instructions',
  table: 'deposit_instructions',
  property: 'instructions',
  id: 'instructionsId',
  identity: ({ identityId }) => identityId,
  columns: {
    instructionsId: text('instructions_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    network: text('network'),
    routingNumberType: text('routing_number_type'),
    state: text('state'),
    reason: text('reason'),
    paxosInstructionsId: text('paxos_instructions_id'),
    memoId: text('memo_id'),
    requestedAt: time('requested_at'),
  },
})
