import type { FastifyInstance } from 'fastify'
import { HttpProblem } from '../platform/problem.ts'
import { ReasonForm, readForm } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** What an operator decides about a request for a person whom Paxos knows already. The customer's page has the forms. */
export function serveDuplicatePages(app: FastifyInstance, { useCases, actorOf }: PageRouteParts): void {
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
