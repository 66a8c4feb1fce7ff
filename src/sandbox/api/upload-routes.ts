import type { FastifyInstance } from 'fastify'
import type { SandboxState } from '../sandbox-state.ts'
import { problem } from './paxos-problem.ts'
import type { SimulateOperation } from './simulated-operation.ts'

/** Documented: files are smaller than 100 MB. */
const MAX_BYTES = 100_000_000

/**
 * Receives the bytes of a document. At Paxos this is a pre-signed URL of another host, so it needs no token. The bytes are counted and
 * dropped. `app` is a scope of this route alone: it accepts every content type.
 */
export function uploadRoutes(app: FastifyInstance, simulate: SimulateOperation, { identities, engine }: SandboxState): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, takesLong: true }
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (_request: unknown, payload: AsyncIterable<Buffer>) => {
    let bytes = 0
    for await (const chunk of payload) bytes += chunk.length
    return bytes
  })

  simulate('PUT /uploads/{id}', ({ id, body, subject }) => {
    const identity = identities.byFileId(id)
    const document = identity?.documents.find(({ fileId }) => fileId === id)
    if (!identity || !document) throw problem(404)
    subject.identityId = identity.id
    if (typeof body !== 'number' || body === 0) throw problem(400, 'the file is empty')
    if (body >= MAX_BYTES) throw problem(413, 'a document must be smaller than 100 MB')
    document.uploaded = true
    engine.documentArrived(identity)
    return {}
  })
}
