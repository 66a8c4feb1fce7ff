import type { IdentityRequestSnapshot } from '../domain/identity-request/identity-request.ts'
import { streamTable, text } from './stream-table.ts'

/** The request for an identity is a stream of its own. An onboarding has the identity's id, which does not exist yet. */
export const IDENTITY_REQUEST_TABLE = streamTable<IdentityRequestSnapshot, 'request'>({
  kind: 'identity_request',
  table: 'identity_request',
  property: 'request',
  id: 'requestId',
  identity: ({ identityId }) => identityId,
  columns: {
    requestId: text('request_id'),
    refId: text('ref_id'),
    state: text('state'),
    identityId: text('identity_id'),
    heldReason: text('held_reason'),
    onDuplicate: text('on_duplicate'),
    duplicateOf: text('duplicate_of'),
    requestedBy: text('requested_by'),
  },
})
