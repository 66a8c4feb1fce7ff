import { z } from 'zod'
import { EVENT_STATES } from '../domain/event-state.ts'
import { EventIdParams, OptionalId, pageQuery, Time } from '../operate/query-inputs.ts'
import { Reason } from '../operate/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const UNKNOWN = 'There is no such event (EVENT_UNKNOWN).'

export function eventRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const known = <Found>(event: Found | null, eventId: string): { status: number; body: Found } => {
    if (event) return { status: 200, body: event }
    throw new HttpProblem(404, 'EVENT_UNKNOWN', `Event ${eventId} was never received.`)
  }
  const acting = { method: 'POST', params: EventIdParams, body: z.strictObject({ reason: Reason }) } as const
  const answers = { 200: { description: 'The event.', schema: 'EventStory' } } as const
  const refusals = { 404: UNKNOWN, 409: 'Its state does not allow that (EVENT_STATE).' }
  return [
    apiRoute({
      ...acting,
      path: '/v1/events/{event_id}/dismiss',
      summary: 'Dismiss an event that cannot succeed',
      description:
        'Only what is parked or dead. It leaves the home page and the default plans, and can be restored. Many at once: POST /v1/replays with ' +
        'action dismiss. Audited before it acts; safe to repeat.',
      answers,
      refusals,
      handle: async ({ params, body, actor }) => known(await useCases.dismissEvent(params.event_id, body, actor), params.event_id),
    }),
    apiRoute({
      ...acting,
      path: '/v1/events/{event_id}/undismiss',
      summary: 'Bring a dismissed event back to where it was',
      description: 'Audited before it acts; safe to repeat.',
      answers,
      refusals,
      handle: async ({ params, body, actor }) => known(await useCases.undismissEvent(params.event_id, body, actor), params.event_id),
    }),
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
      answers: { 200: { description: 'The event.', schema: 'EventStory' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => known(await useCases.getEvent(params.event_id), params.event_id),
    }),
  ]
}
