import type { FastifyInstance } from 'fastify'
import { HttpProblem } from '../platform/problem.ts'
import { duplicateListPage } from './duplicate-pages.ts'
import { sendHtml } from './html.ts'
import { DuplicateListQuery, ReasonForm, readForm } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** Requests for persons whom Paxos knows already, and what an operator decides about each. The customer's page has the same forms. */
export function serveDuplicatePages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  app.get('/duplicates', needs('customer.read'), async (request, reply) => {
    const query = readForm(DuplicateListQuery, request.query)
    return sendHtml(reply, duplicateListPage(await useCases.listDuplicates(query), reader(request)))
  })
  for (const verb of ['confirm', 'decline'] as const) {
    app.post<{ Params: { id: string } }>(`/duplicates/:id/${verb}`, needs('customer.control'), async (request, reply) => {
      const { id } = request.params
      const why = readForm(ReasonForm, request.body)
      const duplicate =
        verb === 'confirm'
          ? ((await useCases.confirmDuplicate(id, why, actorOf(request)))?.duplicate ?? null)
          : await useCases.declineDuplicate(id, why, actorOf(request))
      if (!duplicate) throw new HttpProblem(404, 'DUPLICATE_UNKNOWN', 'Unknown duplicate.')
      return reply.redirect(`/onboardings/${duplicate.existingIdentityId}`, 303)
    })
  }
}
