import { z } from 'zod'
import { Annotation, ISSUE_VERBS, IssueId, IssueStateFilter, type IssueVerb } from '../operate/issue-input.ts'
import { Time } from '../operate/query-inputs.ts'
import { Reason } from '../operate/replay-request.ts'
import type { IssueStory, OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const Params = z.strictObject({ id: IssueId })
const UNKNOWN = 'There is no such issue (ISSUE_UNKNOWN).'
const ANSWERS = { 200: { description: 'The issue.', schema: 'IssueStory' } } as const

const SUMMARIES: Readonly<Record<IssueVerb, string>> = {
  acknowledge: 'Say that a person works on an issue; home names it as a warning',
  mute: 'Leave an issue out of home until a time',
  resolve: 'Close an issue; only later failures open it again',
  reopen: 'Open an issue again',
}

function known(issue: IssueStory | null, id: string): { status: number; body: IssueStory } {
  if (issue) return { status: 200, body: issue }
  throw new HttpProblem(404, 'ISSUE_UNKNOWN', `There is no issue ${id}. GET /v1/issues lists them.`)
}

export function issueRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/issues',
      summary: 'Failures grouped by cause, most first',
      description:
        'A cause is the kind of effect, the call, its HTTP status, the code, and the type of the problem. Without state: what is open or ' +
        'acknowledged. POST /v1/replays with issueIds plans a replay of one.',
      query: z.strictObject({ state: IssueStateFilter.optional() }),
      answers: { 200: { description: 'The issues.', schema: 'IssueList' } },
      handle: async ({ query }) => ({ status: 200, body: { items: await useCases.listIssues(query) } }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/issues/{id}',
      summary: 'One issue, with its failures by hour and its newest events',
      params: Params,
      answers: ANSWERS,
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => known(await useCases.getIssue(params.id), params.id),
    }),
    ...ISSUE_VERBS.map((verb) => treatRoute(useCases, verb)),
    apiRoute({
      method: 'POST',
      path: '/v1/issues/{id}/note',
      summary: 'Set the note and the link of a ticket',
      description: 'What is left out stays; null removes.',
      params: Params,
      body: Annotation,
      answers: ANSWERS,
      refusals: { 404: UNKNOWN },
      handle: async ({ params, body, actor }) => known(await useCases.annotateIssue(params.id, body, actor), params.id),
    }),
  ]
}

function treatRoute(useCases: OperatorUseCases, verb: IssueVerb): ApiRoute {
  const Body = z.strictObject({ reason: Reason, ...(verb === 'mute' ? { until: Time } : {}) }) as z.ZodType<{
    reason: string
    until?: Date
  }>
  return apiRoute({
    method: 'POST',
    path: `/v1/issues/{id}/${verb}`,
    summary: SUMMARIES[verb],
    description: 'Audited before it acts; safe to repeat.',
    params: Params,
    body: Body,
    answers: ANSWERS,
    refusals: { 404: UNKNOWN },
    handle: async ({ params, body, actor }) => known(await useCases.treatIssue(params.id, verb, body, actor), params.id),
  })
}
