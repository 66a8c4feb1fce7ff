import { z } from 'zod'
import { SearchText } from '../operate/find.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function findRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/find',
      permission: 'customer.read',
      summary: 'Find everything by id or key, or by its first characters',
      description:
        'Searches ids of events, commands, identities, accounts, profiles, orders, executions, deposits, transfers, deposit instructions, wires and replays, through ref_ids, and ' +
        'through the keys of effects (the webhook-id of a notification, the ref_id of an account). Spaces and quotes around the text are ignored.',
      query: z.strictObject({ q: SearchText.describe('An id or a key, or its first characters.') }),
      answers: { 200: { description: 'The matches; the list may be empty.', schema: 'FindAnswer' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.find(query.q) }),
    }),
  ]
}
