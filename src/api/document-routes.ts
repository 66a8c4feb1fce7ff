import type { Document } from '../domain/document/document.ts'
import { DocumentFields } from '../operate/documents/document-input.ts'
import { IdParams } from '../operate/input/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

const UNKNOWN = 'Unknown onboarding (ONBOARDING_UNKNOWN).'

/** Documents for Enhanced Due Diligence. */
export function documentRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [uploadRoute(useCases), listRoute(useCases)]
}

function uploadRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/onboardings/{id}/documents',
    permission: 'customer.change',
    summary: 'Send a document',
    description:
      "Streams a PDF, JPEG or PNG of less than 100 MB to Paxos. Gatehouse keeps no part of the file, and gives Paxos a name of its own for it, not the file's. " +
      'Safe to repeat with the same key and file: 201 the first time, then 200 with the same document. Put file last in the form.',
    params: IdParams,
    headers: idempotencyHeader('document'),
    upload: DocumentFields,
    answers: {
      201: { description: 'Paxos has the file.', schema: 'Document' },
      200: { description: 'Paxos has the file already, sent under the same key.', schema: 'Document' },
    },
    refusals: {
      404: UNKNOWN,
      409: 'A request with this key is sending the file (DOCUMENT_IN_PROGRESS).',
      413: 'The file has 100 MB or more (DOCUMENT_TOO_LARGE).',
      415: 'By its first bytes the file is no PDF, JPEG or PNG (DOCUMENT_FORMAT_UNSUPPORTED).',
      422: 'The key was used with another file or field (IDEMPOTENCY_KEY_REUSED).',
      502: "Paxos's document storage refuses the file (DOCUMENT_STORAGE_REFUSED).",
    },
    handle: async ({ params, headers, actor, form }) => {
      const { fields, file } = await form()
      const asked = { identityId: params.id, idempotencyKey: headers['idempotency-key'], documentTypes: fields.documentTypes, file }
      const { document, created } = await useCases.uploadDocument(asked, actor)
      return { status: created ? 201 : 200, body: view(document) }
    },
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings/{id}/documents',
    permission: 'customer.read',
    summary: 'List the documents of a customer, and what is still wanted',
    params: IdParams,
    answers: { 200: { description: 'The documents, as Paxos has them now.', schema: 'DocumentList' } },
    refusals: { 404: UNKNOWN },
    handle: async ({ params }) => {
      const { uploads, atPaxos, wanted } = await useCases.listDocuments(params.id)
      return { status: 200, body: { uploads: uploads.map(view), atPaxos, wanted } }
    },
  })
}

/** Without the hash of the content, and with times as RFC 3339. */
function view({ documentId, contentHash: _, requestedAt, ...document }: Document) {
  const { identityId, documentTypes, fileType, state, reason, fileId, bytes } = document
  return { id: documentId, identityId, documentTypes, fileType, state, reason, fileId, bytes, requestedAt: new Date(requestedAt) }
}
