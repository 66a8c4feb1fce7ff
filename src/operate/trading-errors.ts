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

/** We have listed no such quote, or it is long over. */
export class QuoteUnknownError extends AppError {
  readonly code = 'NO_SUCH_QUOTE'
  readonly retry = 'never'
  constructor(quoteId: string) {
    super(`quoteId: There is no quote ${quoteId}, or it is long over. GET /v1/quotes?market= lists those that hold now.`)
  }
}

/** The quote has less than two seconds left, so that it could end on the way. Nothing was sent. */
export class QuoteExpiredError extends AppError {
  readonly code = 'QUOTE_EXPIRED'
  readonly retry = 'never'
  constructor(quoteId: string, expiresAt: Date) {
    super(`quoteId: Quote ${quoteId} ends at ${expiresAt.toISOString()}, which leaves less than 2 s; it was not sent. List quotes anew.`)
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
