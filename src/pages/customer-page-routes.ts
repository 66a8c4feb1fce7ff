import type { FastifyInstance } from 'fastify'
import { canonicalId } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'
import { findPage } from './find-page.ts'
import { sendHtml } from './html.ts'
import { onboardingListPage, onboardingPage } from './onboarding-pages.ts'
import { FindQuery, OnboardingListQuery, readFilters, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** A list with a wrong filter shows no rows. */
const NO_ITEMS = { items: [], nextCursor: null }

/** The search over all ids, the list of customers, and one customer. */
export function serveCustomerPages(app: FastifyInstance, { useCases, reader }: PageRouteParts): void {
  app.get('/find', needs('customer.read'), async (request, reply) => {
    const { q: text = '' } = sentTexts(request.query)
    const { query, wrong } = readFilters(FindQuery, request.query)
    if (wrong) return sendHtml(reply.code(400), findPage(null, { ...reader(request), text, wrong: wrong.get('q') ?? null }))
    const answer = await useCases.find(query.q)
    const [only, second] = answer.items
    if (only?.exact && !second) return reply.redirect(only.page, 303)
    return sendHtml(reply, findPage(answer, { ...reader(request), text: answer.text }))
  })
  app.get('/onboardings', needs('customer.read'), async (request, reply) => {
    const { query, wrong } = readFilters(OnboardingListQuery, request.query)
    const { state, q } = sentTexts(request.query)
    if (wrong) return sendHtml(reply.code(400), onboardingListPage(NO_ITEMS, { state, q }, { ...reader(request), wrong }))
    return sendHtml(reply, onboardingListPage(await useCases.listOnboardings(query), { state, q }, reader(request)))
  })
  app.get<{ Params: { id: string } }>('/onboardings/:id', needs('customer.read'), async (request, reply) => {
    const story = await useCases.getOnboarding(canonicalId(request.params.id))
    if (!story) throw new HttpProblem(404, 'ONBOARDING_UNKNOWN', 'Unknown onboarding. Search the list by the first characters of an id.')
    const { identityId } = story
    const [documents, accounts, changes, duplicates] = await Promise.all([
      useCases.listUploads(identityId),
      useCases.listAccounts(identityId),
      useCases.listChanges(identityId),
      useCases.listDuplicatesOf(identityId),
    ])
    return sendHtml(reply, onboardingPage(story, { ...reader(request), documents, accounts, changes, duplicates }))
  })
}
