import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import { OrderBody } from '../operate/trading/order-request.ts'
import type { OrderStory } from '../operate/trading/order-use-cases.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'
import { requestRoute } from './request-route.ts'

const ACCOUNT_UNKNOWN = 'Unknown account (ACCOUNT_UNKNOWN).'
const ORDER_UNKNOWN = 'Unknown order (NO_SUCH_ORDER).'

/** Routes for orders: preview, place, cancel, list, read. */
export function orderRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [previewRoute(useCases), placeRoute(useCases), listRoute(useCases), showRoute(useCases), cancelRoute(useCases)]
}

function previewRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/accounts/{id}/orders/preview',
    permission: 'trade.read',
    summary: 'Preview an order without sending it',
    params: OpaqueIdParams,
    body: OrderBody,
    answers: { 200: { description: 'The expected result, and every obstacle.', schema: 'OrderPreview' } },
    refusals: { 404: ACCOUNT_UNKNOWN, 422: 'Unknown market (NO_SUCH_MARKET).' },
    handle: async ({ params, body }) => ({ status: 200, body: await useCases.previewOrder(params.id, body) }),
  })
}

function placeRoute(useCases: OperatorUseCases): ApiRoute {
  return requestRoute({
    path: '/v1/accounts/{id}/orders',
    permission: 'trade.place',
    summary: 'Place an order',
    description:
      'Commits the order, sends it once, and waits up to 5 s for Paxos. 202: it is still being sent, or its answer was lost and is looked up; ' +
      'GET /v1/orders/{id} tells. Safe to repeat under the same key: 201 the first time, then 200 with the same order.',
    thing: 'order',
    body: OrderBody,
    schema: 'OrderStory',
    created: 'Paxos has the order, or refused it (state rejected).',
    existing: 'The order already exists under the same key.',
    refusals: {
      409: 'The customer may not place this order now (ACCOUNT_NOT_TRADABLE).',
      422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED), the market is unknown (NO_SUCH_MARKET), or a limit refuses the order (ORDER_NOT_POSSIBLE).',
    },
    request: async ({ id: accountId, idempotencyKey }, request, actor) => {
      const { order, created } = await useCases.placeOrder({ accountId, idempotencyKey, request }, actor)
      return [order, created]
    },
    view,
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/orders',
    permission: 'trade.read',
    summary: 'List orders, newest first',
    query: pageQuery(LIST_FILTERS.orders),
    answers: { 200: { description: 'A page of orders.', schema: 'OrderPage' } },
    handle: async ({ query }) => {
      const { items, nextCursor } = await useCases.listOrders(query)
      return { status: 200, body: { items: items.map(view), nextCursor } }
    },
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/orders/{id}',
    permission: 'trade.read',
    summary: 'Get one order with its executions and ledger entries',
    params: OpaqueIdParams,
    answers: { 200: { description: 'The order.', schema: 'OrderStory' } },
    refusals: { 404: ORDER_UNKNOWN },
    handle: async ({ params }) => {
      const order = await useCases.getOrder(params.id)
      if (order) return { status: 200, body: view(order) }
      throw new HttpProblem(404, 'NO_SUCH_ORDER', `Unknown order ${params.id}. An order id starts with order-; GET /v1/orders lists them.`)
    },
  })
}

function cancelRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/orders/{id}/cancel',
    permission: 'trade.place',
    summary: 'Request the cancellation of an order',
    description: 'The order is cancel_requested until Paxos confirms the cancellation. Until then it may still be filled.',
    params: OpaqueIdParams,
    headers: idempotencyHeader('cancellation').partial(),
    answers: { 202: { description: 'The cancellation is requested.', schema: 'OrderStory' } },
    refusals: { 404: ORDER_UNKNOWN, 409: 'The order has ended (ORDER_ENDED).' },
    handle: async ({ params, actor }) => ({ status: 202, body: view(await useCases.cancelOrder(params.id, actor)) }),
  })
}

/** Converts times from milliseconds to RFC 3339. */
function view<Shown extends Pick<OrderStory, 'orderId' | 'requestedAt' | 'closedAt'>>(order: Shown) {
  const { orderId, requestedAt, closedAt } = order
  return { id: orderId, ...order, requestedAt: new Date(requestedAt), closedAt: closedAt === null ? null : new Date(closedAt) }
}
