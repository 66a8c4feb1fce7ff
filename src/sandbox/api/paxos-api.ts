import formbody from '@fastify/formbody'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SandboxState } from '../sandbox-state.ts'
import { accountRoutes } from './account-routes.ts'
import { balanceRoutes } from './balance-routes.ts'
import { documentRoutes } from './document-routes.ts'
import { eventRoutes } from './event-routes.ts'
import { executionRoutes } from './execution-routes.ts'
import { fiatDepositRoutes } from './fiat-deposit-routes.ts'
import { identityControlRoutes } from './identity-control-routes.ts'
import { identityRoutes } from './identity-routes.ts'
import { marketRoutes } from './market-routes.ts'
import { oauthRoutes } from './oauth-routes.ts'
import { isKnownPath } from './operations.ts'
import { orderRoutes } from './order-routes.ts'
import { problem } from './paxos-problem.ts'
import { profileRoutes } from './profile-routes.ts'
import { quoteRoutes } from './quote-routes.ts'
import { simulateOperationsOn } from './simulated-operation.ts'
import { transferRoutes } from './transfer-routes.ts'
import { uploadRoutes } from './upload-routes.ts'

/** Adds all simulated endpoints of Paxos to `app`: the API below `/v2`, the token endpoint and the upload store at the root. */
export async function paxosApi(app: FastifyInstance, state: SandboxState): Promise<void> {
  await app.register(
    (api, _options, done) => {
      const simulate = simulateOperationsOn(api, state)
      identityRoutes(simulate, state)
      identityControlRoutes(simulate, state)
      documentRoutes(simulate, state)
      accountRoutes(simulate, state)
      profileRoutes(simulate, state)
      balanceRoutes(simulate, state)
      marketRoutes(simulate, state)
      orderRoutes(simulate, state)
      executionRoutes(simulate, state)
      quoteRoutes(simulate, state)
      fiatDepositRoutes(simulate, state)
      transferRoutes(simulate, state)
      eventRoutes(simulate, state)
      api.setNotFoundHandler((request, reply) => {
        const { status, body } = problem(isKnownPath(request.url.split('?')[0] ?? '') ? 405 : 404)
        return reply.code(status).type('application/problem+json').send(body)
      })
      done()
    },
    { prefix: '/v2' },
  )
  await app.register((oauth, _options, done) => {
    void oauth.register(formbody)
    // The documented examples also use curl --form (paxos/api.md 1.2).
    oauth.addContentTypeParser<Buffer>('multipart/form-data', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      return Object.fromEntries(await new Response(new Uint8Array(body), { headers }).formData())
    })
    oauthRoutes(simulateOperationsOn(oauth, state), state)
    done()
  })
  await app.register((uploads, _options, done) => {
    uploadRoutes(uploads, simulateOperationsOn(uploads, state), state)
    done()
  })
}
