import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import { InstructionsBody } from '../operate/trading/instructions-request.ts'
import { InstructionsUnknownError } from '../operate/trading/trading-errors.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { requestRoute } from './request-route.ts'

const ACCOUNT_UNKNOWN = 'Unknown account (ACCOUNT_UNKNOWN).'

/** Deposit instructions for fiat: create, list, show. */
export function instructionRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [createRoute(useCases), listRoute(useCases), showRoute(useCases)]
}

function createRoute(useCases: OperatorUseCases): ApiRoute {
  return requestRoute({
    path: '/v1/accounts/{id}/deposit-instructions',
    permission: 'money.move',
    summary: 'Request fiat deposit instructions',
    description:
      'The customer pays to bankDetails and quotes memoId. The deposit then appears in GET /v1/transfers, less its fee. Safe to repeat with the same ' +
      'key: 201 the first time, then 200 with the same instructions.',
    thing: 'request for instructions',
    body: InstructionsBody,
    schema: 'DepositInstructionsStory',
    created: 'Paxos created the instructions, or refused them (state rejected).',
    existing: 'The instructions already exist under the same key.',
    request: async ({ id: accountId, idempotencyKey }, { network, routingNumberType = null }, actor) => {
      const { instructions, created } = await useCases.requestInstructions({ accountId, idempotencyKey, network, routingNumberType }, actor)
      return [instructions, created]
    },
    view,
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/accounts/{id}/deposit-instructions',
    permission: 'trade.read',
    summary: 'List the deposit instructions of an account, newest first',
    params: OpaqueIdParams,
    query: pageQuery({}),
    answers: { 200: { description: 'A page of instructions, without bankDetails.', schema: 'DepositInstructionsPage' } },
    refusals: { 404: ACCOUNT_UNKNOWN },
    handle: async ({ params, query }) => {
      const { items, nextCursor } = await useCases.listInstructions({ ...query, accountId: params.id })
      return { status: 200, body: { items: items.map(view), nextCursor } }
    },
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/deposit-instructions/{id}',
    permission: 'trade.read',
    summary: "Get deposit instructions with the bank's details, read from Paxos now",
    params: OpaqueIdParams,
    answers: { 200: { description: 'The instructions.', schema: 'DepositInstructionsStory' } },
    refusals: { 404: 'Unknown deposit instructions (NO_SUCH_INSTRUCTIONS).' },
    handle: async ({ params }) => {
      const instructions = await useCases.getInstructions(params.id)
      if (instructions) return { status: 200, body: view(instructions) }
      throw new InstructionsUnknownError(params.id)
    },
  })
}

/** Times as RFC 3339 instead of milliseconds. */
function view<Shown extends { instructionsId: string; requestedAt: number }>(instructions: Shown) {
  return { id: instructions.instructionsId, ...instructions, requestedAt: new Date(instructions.requestedAt) }
}
