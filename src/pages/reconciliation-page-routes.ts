import type { FastifyInstance } from 'fastify'
import { UsageError } from '../platform/app-error.ts'
import { UUID } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'
import { driftPage } from './drift-page.ts'
import { sendHtml } from './html.ts'
import { DriftForm, ReconciliationForm, ReconciliationListQuery, readFilters, readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'
import { reconciliationListPage, reconciliationPage } from './reconciliation-pages.ts'

const LINES = 50

/** The list of reconciliations with the form for another one, and one reconciliation with its certificate. */
export function serveReconciliationPages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  app.get('/reconciliations', needs('proof.read'), async (request, reply) => {
    const query = readForm(ReconciliationListQuery, request.query)
    return sendHtml(reply, reconciliationListPage(await useCases.listReconciliations(query), reader(request)))
  })
  app.post('/reconciliations', needs('reconcile.request'), async (request, reply) => {
    const { query, wrong } = readFilters(ReconciliationForm, request.body)
    const refuse = async (message: string) => {
      const { from, to } = sentTexts(request.body)
      const list = await useCases.listReconciliations({ limit: LINES })
      const sent = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
      return sendHtml(reply.code(400), reconciliationListPage(list, { ...reader(request), sent, wrong: message }))
    }
    if (wrong) return refuse(`${[...wrong].map(([field, message]) => `${field} ${message}`).join('; ')}.`)
    try {
      const { id } = await useCases.requestReconciliation(query, actorOf(request))
      return reply.redirect(`/reconciliations/${id}`, 303)
    } catch (error) {
      if (error instanceof UsageError) return refuse(`${error.message}.`)
      throw error
    }
  })
  app.post('/drift', needs('reconcile.request'), async (request, reply) => {
    const { plan } = readForm(DriftForm, request.body)
    return sendHtml(reply, driftPage(await useCases.findDrift({ plan: plan === 'true' }, actorOf(request)), reader(request)))
  })
  app.get<{ Params: { id: string } }>('/reconciliations/:id', needs('proof.read'), async (request, reply) => {
    const { id } = request.params
    const found = UUID.test(id) ? await useCases.getReconciliation(id.toLowerCase()) : null
    if (!found) throw new HttpProblem(404, 'RECONCILIATION_UNKNOWN', 'Unknown reconciliation. The list shows those that there are.')
    const certified = found.state === 'complete' ? await useCases.certifyReconciliation(found.id) : null
    return sendHtml(reply, reconciliationPage(found, certified?.certificate ?? null, reader(request)))
  })
}
