import { z } from 'zod'
import { DOCUMENT_STATES } from '../domain/document/document.ts'
import { FILE_TYPES } from '../domain/document/document-types.ts'
import { count, paxosId, time } from './schema-parts.ts'

const Document = z.strictObject({
  id: z.string().describe('Ours; starts with document-.'),
  identityId: paxosId,
  documentTypes: z.array(z.string()),
  fileType: z.enum(FILE_TYPES).describe('By its first bytes.'),
  state: z
    .enum(DOCUMENT_STATES)
    .describe('sending: under way; uploaded: Paxos has the file; failed: it does not, and the same request may be repeated.'),
  reason: z.string().nullable().describe('Why it failed, as a code; interrupted: the process that sent it has died.'),
  fileId: paxosId.nullable().describe("Paxos's id of the file; null until it is uploaded."),
  bytes: count.nullable(),
  requestedAt: time,
})

/** The answers about documents. */
export const DOCUMENT_SCHEMAS = {
  Document,
  DocumentList: z.strictObject({
    uploads: z.array(Document).describe('What was sent through Gatehouse: the newest 500, newest first.'),
    atPaxos: z
      .array(z.strictObject({ fileId: paxosId, name: z.string(), documentTypes: z.array(z.string()), createdAt: z.string() }))
      .describe('All files that Paxos has, from any sender.'),
    wanted: z.array(z.string()).describe('The types of documents that Paxos still wants; empty: none.'),
  }),
}
