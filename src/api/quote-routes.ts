import { z } from 'zod'
import { QUOTE_EXECUTION_STATES } from '../domain/trade/quote-execution.ts'
import { OpaqueId, OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import { QuoteExecutionBody } from '../operate/trading/quote-execution-request.ts'
import type { QuoteExecutionStory } from '../operate/trading/quote-use-cases.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { requestRoute, UNANSWERED } from './request-route.ts'

/** Routes for held-rate quotes and their executions: execute, list, read. */
export function quoteRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [listQuotesRoute(useCases), executeRoute(useCases), listRoute(useCases), showRoute(useCases)]
}

function listQuotesRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/quotes',
    permission: 'trade.read',
    summary: 'List the held-rate quotes of one market',
    description: 'Paxos must have enabled quotes. Each quote is valid until its expiresAt, about 30 s after its creation.',
    query: z.strictObject({ market: z.string().regex(/^[A-Z0-9]{3,20}$/, 'must be a market such as BTCUSD') }),
    answers: { 200: { description: 'One quote to buy and one to sell.', schema: 'QuoteList' } },
    handle: async ({ query }) => ({ status: 200, body: { items: await useCases.listQuotes(query.market) } }),
  })
}

function executeRoute(useCases: OperatorUseCases): ApiRoute {
  return requestRoute({
    path: '/v1/accounts/{id}/quote-executions',
    permission: 'trade.place',
    summary: 'Execute a held-rate quote',
    description:
      'Commits the execution, sends it once, and waits up to 5 s. A quote with less than 2 s left is not sent. 202: it is not settled yet, or its ' +
      'answer was lost and is looked up. Safe to repeat under the same key: 201 the first time, then 200 with the same execution.',
    thing: 'quote execution',
    body: QuoteExecutionBody,
    schema: 'QuoteExecutionStory',
    created: 'The execution is settled, or Paxos refused it (state rejected).',
    existing: 'The execution already exists under the same key.',
    pending: 'The execution has not ended yet (state submitting, unknown or created).',
    pendingStates: [...UNANSWERED, 'created'],
    refusals: {
      404: 'Unknown account (ACCOUNT_UNKNOWN) or quote (NO_SUCH_QUOTE).',
      409: 'The quote has less than 2 s left (QUOTE_EXPIRED), or the customer may not make this trade now (ACCOUNT_NOT_TRADABLE).',
    },
    request: async ({ id: accountId, idempotencyKey }, { quoteId, baseAmount = null, quoteAmount = null }, actor) => {
      const { execution, created } = await useCases.executeQuote({ accountId, idempotencyKey, quoteId, baseAmount, quoteAmount }, actor)
      return [execution, created]
    },
    view,
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/quote-executions',
    permission: 'trade.read',
    summary: 'List quote executions, newest first',
    query: pageQuery({ accountId: OpaqueId.optional(), state: z.enum(QUOTE_EXECUTION_STATES).optional() }),
    answers: { 200: { description: 'A page of executions.', schema: 'QuoteExecutionPage' } },
    handle: async ({ query }) => {
      const { items, nextCursor } = await useCases.listQuoteExecutions(query)
      return { status: 200, body: { items: items.map(view), nextCursor } }
    },
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/quote-executions/{id}',
    permission: 'trade.read',
    summary: 'Get one quote execution with its ledger entries',
    params: OpaqueIdParams,
    answers: { 200: { description: 'The execution.', schema: 'QuoteExecutionStory' } },
    refusals: { 404: 'Unknown execution (NO_SUCH_QUOTE_EXECUTION).' },
    handle: async ({ params }) => {
      const execution = await useCases.getQuoteExecution(params.id)
      if (execution) return { status: 200, body: view(execution) }
      const detail = `Unknown quote execution ${params.id}. Its id starts with quote-execution-; GET /v1/quote-executions lists them.`
      throw new HttpProblem(404, 'NO_SUCH_QUOTE_EXECUTION', detail)
    },
  })
}

/** Converts times from milliseconds to RFC 3339. */
function view<Shown extends Pick<QuoteExecutionStory, 'executionId' | 'requestedAt' | 'expiresAt'>>(execution: Shown) {
  const { executionId, requestedAt, expiresAt } = execution
  return { id: executionId, ...execution, requestedAt: new Date(requestedAt), expiresAt: new Date(expiresAt) }
}
