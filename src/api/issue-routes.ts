import { z } from 'zod'
import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { Time } from '../operate/input/query-inputs.ts'
import { Annotation, ISSUE_VERBS, IssueId, type IssueVerb } from '../operate/issues/issue-input.ts'
import { Reason } from '../operate/replay/replay-request.ts'
import type { IssueStory, OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const Params = z.strictObject({ id: IssueId })
const UNKNOWN = 'Unknown issue (ISSUE_UNKNOWN).'
const ANSWERS = { 200: { description: 'The issue.', schema: 'IssueStory' } } as const

const SUMMARIES: Readonly<Record<IssueVerb, string>> = {
  acknowledge: 'Acknowledge an issue: an operator works on it',
  mute: 'Mute an issue until a time',
  resolve: 'Resolve an issue',
  reopen: 'Reopen an issue',
}

const DESCRIPTIONS: Readonly<Record<IssueVerb, string>> = {
  acknowledge: 'The home page shows it as a warning. The audit records it before it runs. Safe to repeat.',
  mute: 'The home page leaves it out until then. The audit records it before it runs. Safe to repeat.',
  resolve: 'Only a later failure opens it again. The audit records it before it runs. Safe to repeat.',
  reopen: 'The home page shows it as a fault again. The audit records it before it runs. Safe to repeat.',
}

function known(issue: IssueStory | null, id: string): { status: number; body: IssueStory } {
  if (issue) return { status: 200, body: issue }
  throw new HttpProblem(404, 'ISSUE_UNKNOWN', `Unknown issue ${id}. GET /v1/issues lists the issues.`)
}

export function issueRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/issues',
      permission: 'event.read',
      summary: 'List issues: failures grouped by cause, most failures first',
      description:
        'A cause is the kind of effect, the call, its HTTP status, the error code and the problem type. Without state, lists open and ' +
        'acknowledged issues. To replay the events of an issue: POST /v1/replays with issueIds.',
      query: z.strictObject(LIST_FILTERS.issues),
      answers: { 200: { description: 'The issues.', schema: 'IssueList' } },
      handle: async ({ query }) => ({ status: 200, body: { items: await useCases.listIssues(query) } }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/issues/{id}',
      permission: 'event.read',
      summary: 'Get one issue with its failures by hour and its newest events',
      params: Params,
      answers: ANSWERS,
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => known(await useCases.getIssue(params.id), params.id),
    }),
    ...ISSUE_VERBS.map((verb) => treatRoute(useCases, verb)),
    apiRoute({
      method: 'POST',
      path: '/v1/issues/{id}/note',
      permission: 'issue.treat',
      summary: 'Set the note and the ticket link of an issue',
      description: 'A field that is left out stays; null removes it.',
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
    permission: 'issue.treat',
    summary: SUMMARIES[verb],
    description: DESCRIPTIONS[verb],
    params: Params,
    body: Body,
    answers: ANSWERS,
    refusals: { 404: UNKNOWN },
    handle: async ({ params, body, actor }) => known(await useCases.treatIssue(params.id, verb, body, actor), params.id),
  })
}
