import type { OrderObstacle } from '../domain/trade/preview-order.ts'
import { AppError } from '../platform/app-error.ts'

/** Paxos has no such market, or no longer. */
export class MarketUnknownError extends AppError {
  readonly code = 'NO_SUCH_MARKET'
  readonly retry = 'never'
  constructor(market: string) {
    super(`market: Paxos has no market ${market}. GET /v1/markets lists those that it has.`)
  }
}

/** The order would be refused: each obstacle names its limit and the nearest amount that would pass. Nothing was sent. */
export class OrderNotPossibleError extends AppError {
  readonly code = 'ORDER_NOT_POSSIBLE'
  readonly retry = 'never'
  readonly errors: readonly { field: string; message: string }[]
  constructor(obstacles: readonly OrderObstacle[]) {
    const said = obstacles.map(({ field, limit, message, nearest }) => ({
      field,
      message: `${message} (${limit})${nearest === null ? '' : `; the nearest that would pass is ${nearest}`}`,
    }))
    super(`The order would be refused, and was not sent: ${said.map(({ field, message }) => `${field} ${message}`).join('; ')}.`)
    this.errors = said
  }
}

/** No order of ours has this id. */
export class OrderUnknownError extends AppError {
  readonly code = 'NO_SUCH_ORDER'
  readonly retry = 'never'
  constructor(orderId: string) {
    super(`There is no order ${orderId}. It begins with order-; GET /v1/orders lists them.`)
  }
}

/** The order has ended, so that there is nothing to cancel. */
export class OrderEndedError extends AppError {
  readonly code = 'ORDER_ENDED'
  readonly retry = 'never'
  constructor(orderId: string, state: string) {
    super(`Order ${orderId} is ${state} and cannot be cancelled.`)
  }
}
