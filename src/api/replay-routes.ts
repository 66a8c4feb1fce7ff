import { z } from 'zod'
import { IdList, OwnIdParams, pageQuery, Time } from '../operate/query-inputs.ts'
import { REPLAYABLE_STATES, Reason } from '../operate/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const PlanRequest = z.strictObject({
  eventIds: IdList.optional(),
  identityIds: IdList.optional(),
  types: z.array(z.string().min(1).max(200)).min(1, 'must name at least one').optional(),
  states: z.array(z.enum(REPLAYABLE_STATES)).min(1, 'must name at least one').optional(),
  from: Time.optional().describe('Received at or after.'),
  to: Time.optional().describe('Received before; by default now.'),
  limit: z.int().min(1).max(10_000).optional().describe('1000 by default.'),
  releaseHolds: z.boolean().optional().describe('Let the live status at Paxos decide what is held.'),
})

export function replayRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const find = async (id: string) => {
    const replay = await useCases.getReplay(id)
    if (!replay) throw new HttpProblem(404, 'REPLAY_UNKNOWN', `There is no replay ${id}. POST /v1/replays makes a plan.`)
    return replay
  }
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/replays',
      summary: 'List the replays: who planned and approved what, and why',
      description: 'Last planned first.',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of replays.', schema: 'ReplayPage' } },
      handle: async ({ query }) => ({ status: 200, body: await useCases.listReplays(query) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/replays',
      summary: 'Plan a replay',
      description:
        'Chooses events (every filter must hold; without states: parked and dead, or any where eventIds are given) and says for each what ' +
        'a replay would do now. Changes nothing until it is approved.',
      body: PlanRequest,
      answers: { 201: { description: 'The plan.', schema: 'Replay' } },
      handle: async ({ body, actor }) => ({ status: 201, body: await useCases.planReplay(body, actor) }),
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/replays/{id}',
      summary: 'A replay: its plan, and what running it led to',
      params: OwnIdParams,
      answers: { 200: { description: 'The replay.', schema: 'Replay' } },
      refusals: { 404: 'There is no such replay (REPLAY_UNKNOWN).' },
      handle: async ({ params }) => ({ status: 200, body: await find(params.id) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/replays/{id}/approve',
      summary: 'Approve a plan and run it',
      description: 'Items whose event or onboarding has changed since the plan are skipped and say so. Name yourself in X-Operator.',
      params: OwnIdParams,
      body: z.strictObject({ reason: Reason }),
      answers: { 200: { description: 'The replay, run.', schema: 'Replay' } },
      refusals: { 404: 'There is no such replay (REPLAY_UNKNOWN).', 409: 'It was run already (REPLAY_STATE).' },
      handle: async ({ params, body, actor }) => {
        await find(params.id)
        return { status: 200, body: await useCases.approveReplay(params.id, { reason: body.reason }, actor) }
      },
    }),
  ]
}
