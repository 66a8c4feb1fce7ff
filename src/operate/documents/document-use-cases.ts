import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { Document } from '../../domain/document/document.ts'
import { DOCUMENT_READS, type DocumentRecord } from '../../ledger/read-documents.ts'
import type { PaxosDocument } from '../../paxos/documents.ts'
import type { Perform } from '../audited.ts'
import { OnboardingUnknownError } from './document-errors.ts'
import { type UploadParts, type UploadRequest, uploadDocument } from './upload-document.ts'

/** The documents of one customer. */
export interface DocumentList {
  /** What was sent through Gatehouse, newest first. */
  readonly uploads: readonly DocumentRecord[]
  /** The documents that Paxos has now, from any sender. */
  readonly atPaxos: readonly PaxosDocument[]
  /** The types that Paxos still wants. */
  readonly wanted: readonly string[]
}

export interface DocumentUseCases {
  /** Streams the file to Paxos. Safe to repeat with the same key and file. @throws AppError: each class of failure has its own sentence */
  uploadDocument(asked: UploadRequest, actor: Actor): Promise<{ document: Document; created: boolean }>
  /** The newest 500 that were sent through Gatehouse, newest first; reads no more than the database. */
  listUploads(identityId: string): Promise<DocumentRecord[]>
  /** Reads Paxos. @throws OnboardingUnknownError, PaxosError */
  listDocuments(identityId: string): Promise<DocumentList>
}

/** More than one identity is ever asked for. */
const MOST_LISTED = 500

/** Documents for Enhanced Due Diligence: send them, and see what is still wanted. */
export function documentUseCases({ pool, perform, ...parts }: UploadParts & { pool: Pool; perform: Perform }): DocumentUseCases {
  const listUploads = async (identityId: string): Promise<DocumentRecord[]> =>
    (await DOCUMENT_READS.list(pool, { where: { identityId }, limit: MOST_LISTED })).items
  return {
    uploadDocument: (asked, actor) => {
      const { identityId, documentTypes } = asked
      const data = { documentTypes: [...documentTypes] }
      const rule = { action: 'document.upload', target: identityId, reason: null, data, entry: 'after' as const }
      return perform(
        actor,
        { ...rule, result: ({ document, created }) => ({ data: { ...data, documentId: document.documentId, created } }) },
        () => uploadDocument(parts, asked, actor),
      )
    },
    listUploads,
    listDocuments: async (identityId) => {
      if (!(await parts.onboardings.load(identityId))) throw new OnboardingUnknownError(identityId)
      const [uploads, { documents, wanted }] = await Promise.all([listUploads(identityId), parts.paxos.documents.list(identityId)])
      return { uploads, atPaxos: documents, wanted }
    },
  }
}
