import { z } from 'zod'
import type { UploadFile } from './document-storage.ts'
import { PaxosId, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment } from './transport/request-path.ts'

/** A document that Paxos has. `name`: as it was announced; one that others have sent may name a person. */
export interface PaxosDocument {
  fileId: string
  name: string
  documentTypes: readonly string[]
  createdAt: string
}

export interface DocumentsOfPaxos {
  /** Announces a file and gets the address for its bytes. @throws PAXOS_CONFLICT for a name that is taken (paxos/api.md 4.10) */
  announce(
    identityId: string,
    file: { name: string; documentTypes: readonly string[] },
    options?: CallOptions,
  ): Promise<{ fileId: string; uploadUrl: string }>
  /** Streams the bytes to the address, without our token. @throws the errors of document-storage.ts, AddressNotAllowedError */
  upload: UploadFile
  /** The documents that Paxos has, and the types that it still wants. */
  list(identityId: string, options?: CallOptions): Promise<{ documents: PaxosDocument[]; wanted: readonly string[] }>
}

const Announced = z
  .object({ file_id: PaxosId, upload_url: z.string().min(1).max(16_384) })
  .transform(({ file_id, upload_url }) => ({ fileId: file_id, uploadUrl: upload_url }))

const Types = z.array(z.string()).nullish()
const Listed = z
  .object({
    documents: z.array(z.object({ file_id: PaxosId, name: z.string().nullish(), document_types: Types, created_at: RawTime })).nullish(),
    pending_documents: Types,
  })
  .transform(({ documents, pending_documents }) => ({
    documents: (documents ?? []).map(({ file_id, name, document_types, created_at }) => ({
      ...{ fileId: file_id, name: name ?? '', documentTypes: document_types ?? [], createdAt: created_at },
    })),
    wanted: pending_documents ?? [],
  }))

export function documentsOfPaxos(call: PaxosCall, upload: UploadFile): DocumentsOfPaxos {
  return {
    announce(identityId, { name, documentTypes }, options) {
      const operation = 'documents.announce'
      const path = `/identity/identities/${idSegment(identityId, operation)}/documents`
      const request = { operation, path, method: 'PUT', personal: true, schema: Announced, once: 'looked-up-first' } as const
      return call({ ...request, body: { name, document_types: [...documentTypes] } }, options)
    },
    upload,
    list(identityId, options) {
      const operation = 'documents.list'
      const path = `/identity/identities/${idSegment(identityId, operation)}/documents?include_pending_docs=true`
      return call({ operation, path, personal: true, schema: Listed }, options)
    },
  }
}
