import { z } from 'zod'
import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { EventIdParams, pageQuery } from '../operate/input/query-inputs.ts'
import { Reason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const UNKNOWN = 'Unknown event (EVENT_UNKNOWN).'

/** Events: list, read, dismiss, restore. */
export function eventRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const known = <Found>(event: Found | null, eventId: string): { status: number; body: Found } => {
    if (event) return { status: 200, body: event }
    throw new HttpProblem(404, 'EVENT_UNKNOWN', `Unknown event ${eventId}: Gatehouse never received it.`)
  }
  const acting = { method: 'POST', params: EventIdParams, body: z.strictObject({ reason: Reason }) } as const
  const answers = { 200: { description: 'The event.', schema: 'EventStory' } } as const
  const refusals = { 404: UNKNOWN, 409: "The event's state does not allow it (EVENT_STATE)." }
  return [
    apiRoute({
      ...acting,
      path: '/v1/events/{event_id}/dismiss',
      permission: 'event.dismiss',
      summary: 'Dismiss an event that cannot succeed',
      description:
        'Takes a parked or dead event. The home page and default plans leave it out; it can be restored. For many events: POST /v1/replays with ' +
        'action dismiss. The audit records it before it runs. Safe to repeat.',
      answers,
      refusals,
      handle: async ({ params, body, actor }) => known(await useCases.dismissEvent(params.event_id, body, actor), params.event_id),
    }),
    apiRoute({
      ...acting,
      path: '/v1/events/{event_id}/undismiss',
      permission: 'event.dismiss',
      summary: 'Restore a dismissed event to its earlier state',
      description: 'The audit records it before it runs. Safe to repeat.',
      answers,
      refusals,
      handle: async ({ params, body, actor }) => known(await useCases.undismissEvent(params.event_id, body, actor), params.event_id),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/events',
      permission: 'event.read',
      summary: 'List received events',
      description: 'Last received first.',
      query: pageQuery(LIST_FILTERS.events),
      answers: { 200: { description: 'A page of events.', schema: 'EventPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listEvents(query) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/events/{event_id}',
      permission: 'event.read',
      summary: 'Get one event: attempts, last error, outcome, next attempt',
      params: EventIdParams,
      answers: { 200: { description: 'The event.', schema: 'EventStory' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => known(await useCases.getEvent(params.event_id), params.event_id),
    }),
  ]
}
