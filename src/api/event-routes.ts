import { z } from 'zod'
import { EVENT_STATES } from '../domain/event-state.ts'
import { EventIdParams, OptionalId, pageQuery, Time } from '../operate/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

export function eventRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/events',
      summary: 'List the events of the inbox',
      description: 'Last received first.',
      query: pageQuery({
        state: z.enum(EVENT_STATES).optional(),
        type: z.string().min(1, 'must not be empty').max(200).optional().describe('Such as identity.approved.'),
        identityId: OptionalId,
        from: Time.optional().describe('Received at or after.'),
        to: Time.optional().describe('Received before.'),
      }),
      answers: { 200: { description: 'A page of events.', schema: 'EventPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listEvents(query) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/events/{event_id}',
      summary: 'One event: attempts, last error, outcome, next attempt',
      params: EventIdParams,
      answers: { 200: { description: 'The event.', schema: 'Event' } },
      refusals: { 404: 'There is no such event (EVENT_UNKNOWN).' },
      handle: async ({ params }) => {
        const event = await useCases.getEvent(params.event_id)
        if (event) return { status: 200, body: event }
        throw new HttpProblem(404, 'EVENT_UNKNOWN', `Event ${params.event_id} was never received.`)
      },
    }),
  ]
}
