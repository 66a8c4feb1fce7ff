import type { ChangeSnapshot } from '../domain/identity-change/identity-change.ts'
import { streamTable, text, textList, time } from './stream-table.ts'

/** The change of an identity is a stream of its own, so that it never contends with the onboarding for a version. */
export const IDENTITY_CHANGE_TABLE = streamTable<ChangeSnapshot, 'change'>({
  kind: 'identity-change',
  table: 'identity_change',
  property: 'change',
  id: 'changeId',
  identity: ({ identityId }) => identityId,
  columns: {
    changeId: text('change_id'),
    identityId: text('identity_id'),
    kind: text('kind'),
    state: text('state'),
    reason: text('reason'),
    fields: textList('fields'),
    control: text('control'),
    reasonCode: text('reason_code'),
    controlId: text('control_id'),
    inputHashes: textList('input_hashes'),
    requestedAt: time('requested_at'),
  },
})
