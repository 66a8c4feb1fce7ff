import { z } from 'zod'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import type { DuplicateView } from '../operate/onboarding/duplicates.ts'
import { Reason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const REFUSALS = {
  400: 'The request names no person in X-Operator (USAGE), or its data is wrong.',
  404: 'Unknown duplicate (DUPLICATE_UNKNOWN).',
  409: 'The request does not wait for a decision (DUPLICATE_STATE).',
}

/** Requests for persons whom Paxos knows already: list, confirm, decline. */
export function duplicateRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [listRoute(useCases), confirmRoute(useCases), declineRoute(useCases)]
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/duplicates',
    permission: 'customer.read',
    summary: 'List the requests that wait for a decision about a duplicate person, newest first',
    query: pageQuery({}),
    answers: { 200: { description: 'A page of requests.', schema: 'DuplicatePage' } },
    handle: async ({ query }) => {
      const { items, nextCursor } = await useCases.listDuplicates(query)
      return { status: 200, body: { items: items.map(withId), nextCursor } }
    },
  })
}

function confirmRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/duplicates/{id}/confirm',
    permission: 'customer.control',
    summary: 'Confirm that a request is for the person whom Paxos knows already',
    description:
      'Opens a further account on the existing identity. Only a named person may confirm. The audit records it before it runs. Safe to repeat: it opens no second account.',
    params: OpaqueIdParams,
    body: z.strictObject({ reason: Reason }),
    answers: { 200: { description: 'The request, with the id of its account.', schema: 'Duplicate' } },
    refusals: { ...REFUSALS, 422: 'Paxos cannot open an account for the existing identity now (ACCOUNT_NOT_POSSIBLE).' },
    handle: async ({ params, body, actor }) => {
      const done = await useCases.confirmDuplicate(params.id, body, actor)
      return { status: 200, body: withId(known(done?.duplicate ?? null, params.id)) }
    },
  })
}

function declineRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/duplicates/{id}/decline',
    permission: 'customer.control',
    summary: 'Decline a request for a person whom Paxos knows already',
    description: 'Opens nothing. Only a named person may decline. The audit records it before it runs. Safe to repeat.',
    params: OpaqueIdParams,
    body: z.strictObject({ reason: Reason }),
    answers: { 200: { description: 'The request.', schema: 'Duplicate' } },
    refusals: REFUSALS,
    handle: async ({ params, body, actor }) => ({
      status: 200,
      body: withId(known(await useCases.declineDuplicate(params.id, body, actor), params.id)),
    }),
  })
}

function known(found: DuplicateView | null, id: string): DuplicateView {
  if (found) return found
  throw new HttpProblem(404, 'DUPLICATE_UNKNOWN', `There is no duplicate ${id}. GET /v1/duplicates lists those that wait.`)
}

function withId<View extends { requestId: string }>(view: View): View & { id: string } {
  return { id: view.requestId, ...view }
}
