import type { Snapshot } from '../domain/onboarding/onboarding.ts'
import { json, streamTable, text, textList } from './stream-table.ts'

/** An onboarding is the stream of its identity. */
export const ONBOARDING_TABLE = streamTable<Snapshot, 'onboarding'>({
  kind: 'onboarding',
  table: 'onboarding',
  property: 'onboarding',
  id: 'identityId',
  identity: ({ identityId }) => identityId,
  columns: {
    identityId: text('identity_id'),
    refId: text('ref_id'),
    origin: text('origin'),
    state: text('state'),
    heldFrom: text('held_from'),
    heldReason: text('held_reason'),
    identityStatus: text('identity_status'),
    statusDetails: json('status_details'),
    requiredDocuments: textList('required_documents'),
    kycRefresh: json('kyc_refresh'),
    accountId: text('account_id'),
    profileId: text('profile_id'),
  },
  firstIn: { approved_at: 'approved', ready_at: 'ready' },
})
