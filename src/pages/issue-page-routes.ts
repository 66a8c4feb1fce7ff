import type { FastifyInstance } from 'fastify'
import { ISSUE_VERBS } from '../operate/issues/issue-input.ts'
import type { IssueStory } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { sendHtml } from './html.ts'
import { issueListPage, issuePage } from './issue-pages.ts'
import { IssueListQuery, MuteForm, NoteForm, ReasonForm, readFilters, readForm, sentTexts } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

function known(issue: IssueStory | null): IssueStory {
  if (!issue) throw new HttpProblem(404, 'ISSUE_UNKNOWN', 'Unknown issue.')
  return issue
}

/** The list of issues, one issue, and what an operator decides about it. */
export function serveIssuePages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  app.get('/issues', needs('event.read'), async (request, reply) => {
    const { query, wrong } = readFilters(IssueListQuery, request.query)
    const { state } = sentTexts(request.query)
    if (wrong) return sendHtml(reply.code(400), issueListPage([], state, { ...reader(request), wrong }))
    return sendHtml(reply, issueListPage(await useCases.listIssues(query), state, reader(request)))
  })
  app.get<{ Params: { id: string } }>('/issues/:id', needs('event.read'), async (request, reply) =>
    sendHtml(reply, issuePage(known(await useCases.getIssue(request.params.id)), reader(request))),
  )
  for (const verb of ISSUE_VERBS) {
    app.post<{ Params: { id: string } }>(`/issues/:id/${verb}`, needs('issue.treat'), async (request, reply) => {
      const why = verb === 'mute' ? readForm(MuteForm, request.body) : readForm(ReasonForm, request.body)
      const { id } = known(await useCases.treatIssue(request.params.id, verb, why, actorOf(request)))
      return reply.redirect(`/issues/${id}`, 303)
    })
  }
  app.post<{ Params: { id: string } }>('/issues/:id/note', needs('issue.treat'), async (request, reply) => {
    const { id } = known(await useCases.annotateIssue(request.params.id, readForm(NoteForm, request.body), actorOf(request)))
    return reply.redirect(`/issues/${id}`, 303)
  })
}
