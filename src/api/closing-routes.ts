import { z } from 'zod'
import { CLOSING_STATES } from '../domain/account/account-closing.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import { Reason } from '../operate/replay/replay-request.ts'
import type { ClosingView, OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { requestRoute } from './request-route.ts'

const UNKNOWN = 'Unknown account (ACCOUNT_UNKNOWN), or it has no closing (CLOSING_UNKNOWN).'

/** Closing an account: begin, list, read, stop. */
export function closingRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [closeRoute(useCases), listRoute(useCases), showRoute(useCases), stopRoute(useCases)]
}

function closeRoute(useCases: OperatorUseCases): ApiRoute {
  return requestRoute({
    path: '/v1/accounts/{id}/close',
    permission: 'customer.control',
    summary: 'Close an account',
    description:
      'Cancels its open orders, sells what can be sold, waits until a person has withdrawn the rest at Paxos, and then disables the account there: Paxos has no other ' +
      'end for an account. Meanwhile buys are refused. `blockedBy` says what blocks it and who must act. Only a named person may close an account. Safe to repeat with the same key.',
    thing: 'closing',
    body: z.strictObject({ reason: Reason }),
    schema: 'AccountClosing',
    created: 'The account is closed, or its closing waits for a person (state waiting).',
    existing: 'The closing already exists under the same key.',
    pending: 'The closing is under way (state cancelling, selling or finishing).',
    pendingStates: ['cancelling', 'selling', 'finishing'],
    refusals: {
      400: 'The request names no person in X-Operator (USAGE), or its data is wrong.',
      409: 'The account is closed, or is being closed already (CLOSING_EXISTS).',
    },
    request: async ({ id: accountId, idempotencyKey }, { reason }, actor) => {
      const { closing, created } = await useCases.closeAccount({ accountId, idempotencyKey, reason }, actor)
      return [closing, created]
    },
    view,
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/closings',
    permission: 'customer.read',
    summary: 'List the closings of accounts, newest first',
    query: pageQuery({ state: z.enum(CLOSING_STATES).optional() }),
    answers: { 200: { description: 'A page of closings.', schema: 'AccountClosingPage' } },
    handle: async ({ query }) => {
      const { items, nextCursor } = await useCases.listClosings(query)
      return { status: 200, body: { items: items.map(view), nextCursor } }
    },
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/accounts/{id}/closing',
    permission: 'customer.read',
    summary: 'Get the newest closing of an account, and what blocks it',
    params: OpaqueIdParams,
    answers: { 200: { description: 'The closing.', schema: 'AccountClosing' } },
    refusals: { 404: UNKNOWN },
    handle: async ({ params }) => ({ status: 200, body: view(await useCases.getClosing(params.id)) }),
  })
}

function stopRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/accounts/{id}/closing/stop',
    permission: 'customer.control',
    summary: 'Stop closing an account',
    description:
      'Possible while nothing irreversible is under way: in the states cancelling and waiting. What was cancelled or sold stays so. Only a named person may stop it. Safe to repeat.',
    params: OpaqueIdParams,
    body: z.strictObject({ reason: Reason }),
    answers: { 200: { description: 'The stopped closing.', schema: 'AccountClosing' } },
    refusals: {
      400: 'The request names no person in X-Operator (USAGE), or its data is wrong.',
      404: UNKNOWN,
      409: 'Sales are under way, the account is being disabled, or the closing has ended (CLOSING_STATE).',
    },
    handle: async ({ params, body, actor }) => ({
      status: 200,
      body: view(await useCases.stopClosing({ accountId: params.id, ...body }, actor)),
    }),
  })
}

function view({ closingId, soldAt, requestedAt, refusals: _refusals, cancels, ...closing }: ClosingView) {
  const times = { requestedAt: new Date(requestedAt), soldAt: soldAt === null ? null : new Date(soldAt) }
  return { id: closingId, ...closing, cancelledOrders: cancels, ...times }
}
