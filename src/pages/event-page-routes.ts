import type { FastifyInstance } from 'fastify'
import { canonicalId } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'
import { eventListPage, eventPage } from './event-pages.ts'
import { sendHtml } from './html.ts'
import { EventListQuery, ReasonForm, readFilters, readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** A list with a wrong filter shows no rows. */
const NO_ITEMS = { items: [], nextCursor: null }

/** The list of events, one event, and its dismissal. */
export function serveEventPages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  app.get('/events', needs('event.read'), async (request, reply) => {
    const { query, wrong } = readFilters(EventListQuery, request.query)
    const { cursor: _cursor, limit: _limit, ...filters } = sentTexts(request.query)
    if (wrong) return sendHtml(reply.code(400), eventListPage(NO_ITEMS, filters, { ...reader(request), wrong }))
    return sendHtml(reply, eventListPage(await useCases.listEvents(query), filters, reader(request)))
  })
  app.get<{ Params: { id: string } }>('/events/:id', needs('event.read'), async (request, reply) => {
    const event = await useCases.getEvent(canonicalId(request.params.id))
    if (!event) throw new HttpProblem(404, 'EVENT_UNKNOWN', 'Unknown event: Gatehouse never received it.')
    return sendHtml(reply, eventPage(event, reader(request)))
  })
  for (const [verb, act] of [
    ['dismiss', useCases.dismissEvent],
    ['undismiss', useCases.undismissEvent],
  ] as const) {
    app.post<{ Params: { id: string } }>(`/events/:id/${verb}`, needs('event.dismiss'), async (request, reply) => {
      const id = canonicalId(request.params.id)
      const event = await act(id, readForm(ReasonForm, request.body), actorOf(request))
      if (!event) throw new HttpProblem(404, 'EVENT_UNKNOWN', 'Unknown event: Gatehouse never received it.')
      return reply.redirect(`/events/${encodeURIComponent(id)}`, 303)
    })
  }
}
