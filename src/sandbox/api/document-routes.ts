import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import { DOCUMENT_TYPES } from '../world/document-types.ts'
import { missingDocuments } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { alreadyExists, problem } from './paxos-problem.ts'
import { queryFlag } from './query.ts'
import { readBody } from './read-body.ts'
import type { SimulateOperation } from './simulated-operation.ts'

const Name = z.looseObject({ name: z.string().min(1).max(260) })
const DocumentRequest = z.strictObject({ name: z.string(), document_types: z.array(z.enum(DOCUMENT_TYPES)).min(1) })

/** Announce and list the documents of an identity (paxos/api.md 4.10). */
export function documentRoutes(simulate: SimulateOperation, { identities, random, clock }: SandboxState): void {
  simulate('PUT /identity/identities/{identity_id}/documents', ({ params: { identity_id: id = '' }, body, request, subject }) => {
    subject.identityId = id
    const named = Name.safeParse(body)
    if (!named.success) throw problem(400, 'must provide a file name, up to 260 characters')
    const typed = readBody(DocumentRequest, body)
    const identity = identities.get(id)
    if (!identity) throw problem(404, 'identity does not exist')
    const { name } = named.data
    if (identity.documents.some((document) => document.name === name)) throw alreadyExists(`file named "${name}" already exists`, { name })
    const fileId = random.uuid('document', id, name)
    identity.documents.push({ fileId, name, types: typed.document_types, createdAtNs: clock.next(1000n), uploaded: false })
    identities.addFile(fileId, identity)
    return { file_id: fileId, name, upload_url: `${request.protocol}://${request.host}/uploads/${fileId}` }
  })

  simulate('GET /identity/identities/{identity_id}/documents', ({ params: { identity_id: id = '' }, query, subject }) => {
    subject.identityId = id
    const identity = identities.get(id)
    if (!identity) throw problem(404, `Identity with id ${id} doesn't exist`)
    const documents = identity.documents
      .filter((document) => document.uploaded)
      .map((document) => ({
        file_id: document.fileId,
        name: document.name,
        document_types: document.types,
        created_at: toRfc3339(document.createdAtNs, RECORD_DIGITS),
      }))
    return queryFlag(query, 'include_pending_docs') ? { documents, pending_documents: missingDocuments(identity) } : { documents }
  })
}
