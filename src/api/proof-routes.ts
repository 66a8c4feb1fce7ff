import { z } from 'zod'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function proofRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/proof',
      permission: 'proof.read',
      summary: 'Prove that no customer has two accounts, no notification went twice, and no request placed two orders',
      description:
        'Counts receipts and attempts per key, compares accounts and balances with Paxos, and recomputes both hash chains. Lists every exception. ' +
        'Changes nothing. Reads every account at Paxos page by page, and the balances of the 50 accounts that moved last.',
      query: z.strictObject({ here: z.enum(['true', 'false']).optional().describe('true: only the checks that need no call to Paxos.') }),
      answers: { 200: { description: 'The proof. exceptions is 0 if everything holds.', schema: 'Proof' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.prove({ here: query.here === 'true' }) }),
    }),
  ]
}
