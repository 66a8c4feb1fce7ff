import { z } from 'zod'
import { IdList, OwnIdParams, pageQuery, Time } from '../operate/input/query-inputs.ts'
import { IssueId } from '../operate/issues/issue-input.ts'
import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES, Reason } from '../operate/replay/replay-request.ts'
import { type OperatorUseCases, type ReplayStory, STEERINGS, type Steering } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const PlanRequest = z.strictObject({
  eventIds: IdList.optional(),
  identityIds: IdList.optional(),
  types: z.array(z.string().min(1).max(200)).min(1, 'must name at least one').optional(),
  states: z.array(z.enum(REPLAYABLE_STATES)).min(1, 'must name at least one').optional(),
  issueIds: z.array(IssueId).min(1, 'must name at least one').optional().describe('Ids of issues.'),
  errorCodes: z.array(z.string().min(1).max(100)).min(1, 'must name at least one').optional().describe("Codes of the events' last errors."),
  keySlots: z
    .array(z.string().min(1).max(100))
    .min(1, 'must name at least one')
    .optional()
    .describe('Webhook keys, as keySlot names them.'),
  from: Time.optional().describe('Received at or after.'),
  to: Time.optional().describe('Received before; by default now.'),
  limit: z.int().min(1).max(MAX_REPLAY_LIMIT).optional().describe('1000 by default.'),
  action: z.literal('dismiss').optional().describe('Dismiss the parked and dead events among them instead of processing them again.'),
  releaseHolds: z.boolean().optional().describe('Decide held onboardings by the live status at Paxos.'),
})
const Why = z.strictObject({ reason: Reason })

const PLANNED = {
  201: { description: 'The plan.', schema: 'Replay' },
  202: { description: 'The plan is in progress (planning). Read it again until it is planned.', schema: 'Replay' },
} as const
const UNKNOWN = 'Unknown replay (REPLAY_UNKNOWN).'

const STEERED: Readonly<Record<Steering, { summary: string; description: string }>> = {
  pause: { summary: 'Pause a run', description: 'Starts no more events. Started events run to their end.' },
  resume: { summary: 'Resume a paused run', description: 'The stages start again: 1, 2, 5, 20, 50 customers, then the rest.' },
  cancel: { summary: 'End a run', description: 'Events that were not started stay unchanged. Started events run to their end.' },
  discard: { summary: 'Discard a plan that will not be run', description: 'It can no longer be approved.' },
}

export function replayRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const find = async (id: string) => {
    const replay = await useCases.getReplay(id)
    if (!replay) throw new HttpProblem(404, 'REPLAY_UNKNOWN', `Unknown replay ${id}. POST /v1/replays makes a plan.`)
    return replay
  }
  return [...lookingRoutes(useCases, find), ...planningRoutes(useCases, find), ...steeringRoutes(useCases, find)]
}

type Find = (id: string) => Promise<ReplayStory>

function lookingRoutes(useCases: OperatorUseCases, find: Find): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/replays',
      permission: 'event.read',
      summary: 'List replays with planner, approver and reason',
      description: 'Last planned first.',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of replays.', schema: 'ReplayPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listReplays(query) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/replays/{id}',
      permission: 'event.read',
      summary: 'Get a replay: its plan and its results',
      params: OwnIdParams,
      answers: { 200: { description: 'The replay.', schema: 'Replay' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: await find(params.id) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/replays/{id}/items',
      permission: 'event.read',
      summary: 'List the events of a replay, each with its plan and its result',
      description: 'In the order in which Gatehouse received them.',
      params: OwnIdParams,
      query: pageQuery({}),
      answers: { 200: { description: 'A page of events.', schema: 'ReplayItemPage' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params, query }) => {
        await find(params.id)
        return { status: 200, body: await useCases.listReplayItems(params.id, query) }
      },
    }),
  ]
}

function planningRoutes(useCases: OperatorUseCases, find: Find): ApiRoute[] {
  const planned = (body: ReplayStory) => ({ status: body.state === 'planning' ? 202 : 201, body })
  return [
    apiRoute({
      method: 'POST',
      path: '/v1/replays',
      permission: 'replay.plan',
      summary: 'Plan a replay',
      description:
        'Selects events that match every filter; at least one filter is required. Without states it takes parked and dead events, or any state if eventIds or ' +
        'identityIds are given. Shows for each event what a replay would do now. Changes nothing until it is approved.',
      body: PlanRequest,
      answers: PLANNED,
      handle: async ({ body, actor }) => planned(await useCases.planReplay(body, actor)),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/replays/{id}/new',
      permission: 'replay.plan',
      summary: 'Plan the events that failed since a plan was made, by the same filter',
      params: OwnIdParams,
      answers: PLANNED,
      refusals: { 404: UNKNOWN },
      handle: async ({ params, actor }) => {
        await find(params.id)
        return planned(await useCases.planNewSince(params.id, actor))
      },
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/replays/{id}/approve',
      permission: 'replay.approve',
      summary: 'Approve a plan and run it',
      description:
        'Runs in stages, with lower priority than live traffic. Events that have changed since the plan are skipped, with the reason. Name yourself in X-Operator. ' +
        'If two people must approve, an approval by the planner leaves it awaiting_second.',
      params: OwnIdParams,
      body: Why,
      answers: { 200: { description: 'The approved replay. Read it again until it is finished.', schema: 'Replay' } },
      refusals: {
        404: UNKNOWN,
        409: 'It is no longer a plan (REPLAY_STATE), has expired (REPLAY_EXPIRED), or needs a second person (REPLAY_SECOND_PERSON).',
      },
      handle: async ({ params, body, actor }) => {
        await find(params.id)
        return { status: 200, body: await useCases.approveReplay(params.id, body, actor) }
      },
    }),
  ]
}

function steeringRoutes(useCases: OperatorUseCases, find: Find): ApiRoute[] {
  return STEERINGS.map((steering) =>
    apiRoute({
      method: 'POST',
      path: `/v1/replays/{id}/${steering}`,
      permission: 'replay.steer',
      summary: STEERED[steering].summary,
      description: `${STEERED[steering].description} The audit records it before it runs. Safe to repeat.`,
      params: OwnIdParams,
      body: Why,
      answers: { 200: { description: 'The replay.', schema: 'Replay' } },
      refusals: { 404: UNKNOWN, 409: "The replay's state does not allow it (REPLAY_STATE)." },
      handle: async ({ params, body, actor }) => {
        await find(params.id)
        return { status: 200, body: await useCases.steerReplay(params.id, steering, body, actor) }
      },
    }),
  )
}
