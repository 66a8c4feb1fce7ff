import { z } from 'zod'
import { SearchText } from '../operate/find.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function findRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/find',
      summary: 'Find whatever has this id or key, or one that begins so',
      description:
        'Looks through ids of events, commands, identities, accounts, profiles, orders, executions, deposits and replays, through ref_ids, and ' +
        'through the keys of effects (the webhook-id of a notification, the ref_id of an account). Blanks and quotes around the text are left out.',
      query: z.strictObject({ q: SearchText.describe('An id or a key, or its beginning.') }),
      answers: { 200: { description: 'What was found; nothing is an answer too.', schema: 'FindAnswer' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.find(query.q) }),
    }),
  ]
}
