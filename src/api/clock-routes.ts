import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function clockRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/clocks',
      permission: 'status.read',
      summary: 'List what runs out, the next to end first',
      description:
        'Webhook retries of Paxos (24 h), the ref_id of an order that may not be at Paxos (23 h), held quotes, and KYC refreshes. Computed from ' +
        'what is on record: an end that cannot be known is not listed.',
      answers: { 200: { description: 'The clocks.', schema: 'ClockList' } },
      handle: async () => ({ status: 200, body: await useCases.listClocks() }),
    }),
  ]
}
