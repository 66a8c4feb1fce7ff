import type { DocumentSnapshot } from '../domain/document/document.ts'
import { integer, streamTable, text, textList, time } from './stream-table.ts'

/** The upload of a document is a stream of its own. */
export const DOCUMENT_TABLE = streamTable<DocumentSnapshot, 'document'>({
  kind: 'document',
  table: 'document',
  property: 'document',
  id: 'documentId',
  identity: ({ identityId }) => identityId,
  columns: {
    documentId: text('document_id'),
    identityId: text('identity_id'),
    documentTypes: textList('document_types'),
    fileType: text('file_type'),
    state: text('state'),
    reason: text('reason'),
    fileId: text('file_id'),
    contentHash: text('content_hash'),
    bytes: integer('bytes'),
    requestedAt: time('requested_at'),
  },
})
