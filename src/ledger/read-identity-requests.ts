import { IDENTITY_REQUEST_TABLE } from './identity-request-table.ts'
import { streamReads } from './stream-reads.ts'

export const IDENTITY_REQUEST_READS = streamReads(IDENTITY_REQUEST_TABLE, {
  idForm: /^identity_request_[0-9a-f]{32}$/,
  waiting: ['requested', 'created'],
})
