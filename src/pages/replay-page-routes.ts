import type { FastifyInstance } from 'fastify'
import { type ReplayStory, STEERINGS } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { UUID } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'
import { sendHtml } from './html.ts'
import { PlanForm, ReasonForm, ReplayListQuery, readFilters, readForm, sentWords } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'
import { replayPage } from './replay-page.ts'
import { newReplayPage, replayListPage } from './replay-pages.ts'

/** A list with a wrong filter shows no rows. */
const NO_ITEMS = { items: [], nextCursor: null }

/** Pages for replays: the list, the form for a plan, and one replay with its actions. */
export function serveReplayPages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  const find = async (id: string): Promise<ReplayStory> => {
    const replay = UUID.test(id) ? await useCases.getReplay(id.toLowerCase()) : null
    if (!replay) throw new HttpProblem(404, 'REPLAY_UNKNOWN', 'Unknown replay.')
    return replay
  }
  app.get('/replays', needs('event.read'), async (request, reply) => {
    const { query, wrong } = readFilters(ReplayListQuery, request.query)
    if (wrong) return sendHtml(reply.code(400), replayListPage(NO_ITEMS, { ...reader(request), wrong }))
    return sendHtml(reply, replayListPage(await useCases.listReplays(query), reader(request)))
  })
  app.get('/replays/new', needs('replay.plan'), async (request, reply) => sendHtml(reply, newReplayPage(reader(request))))
  app.post('/replays', needs('replay.plan'), async (request, reply) => {
    const again = (wrong: ReadonlyMap<string, string>) =>
      sendHtml(reply.code(400), newReplayPage(reader(request), { sent: sentWords(request.body), wrong }))
    const { query, wrong } = readFilters(PlanForm, request.body)
    if (wrong) return again(wrong)
    try {
      const { id } = await useCases.planReplay(query, actorOf(request))
      return reply.redirect(`/replays/${id}`, 303)
    } catch (error) {
      if (!(error instanceof UsageError) || error.wrong === null) throw error
      return again(new Map([[error.wrong.field, error.wrong.message]]))
    }
  })
  app.get<{ Params: { id: string } }>('/replays/:id', needs('event.read'), async (request, reply) =>
    sendHtml(reply, replayPage(await find(request.params.id), reader(request))),
  )
  app.post<{ Params: { id: string } }>('/replays/:id/new', needs('replay.plan'), async (request, reply) => {
    const { id } = await useCases.planNewSince((await find(request.params.id)).id, actorOf(request))
    return reply.redirect(`/replays/${id}`, 303)
  })
  app.post<{ Params: { id: string } }>('/replays/:id/approve', needs('replay.approve'), async (request, reply) => {
    const { reason } = readForm(ReasonForm, request.body)
    const { id } = await find(request.params.id)
    await useCases.approveReplay(id, { reason }, actorOf(request))
    return reply.redirect(`/replays/${id}`, 303)
  })
  for (const steering of STEERINGS) {
    app.post<{ Params: { id: string } }>(`/replays/:id/${steering}`, needs('replay.steer'), async (request, reply) => {
      const { reason } = readForm(ReasonForm, request.body)
      const { id } = await find(request.params.id)
      await useCases.steerReplay(id, steering, { reason }, actorOf(request))
      return reply.redirect(`/replays/${id}`, 303)
    })
  }
}
