import type { OrderObstacle } from '../../domain/trade/preview-order.ts'
import { AppError } from '../../platform/app-error.ts'

/** Paxos does not list this market. */
export class MarketUnknownError extends AppError {
  readonly code = 'NO_SUCH_MARKET'
  readonly retry = 'never'
  constructor(market: string) {
    super(`market: Paxos has no market ${market}. GET /v1/markets lists the available ones.`)
  }
}

/** Paxos would refuse the order. Each obstacle names its limit and the nearest valid amount. Nothing was sent. */
export class OrderNotPossibleError extends AppError {
  readonly code = 'ORDER_NOT_POSSIBLE'
  readonly retry = 'never'
  readonly errors: readonly { field: string; message: string }[]
  constructor(obstacles: readonly OrderObstacle[]) {
    const said = obstacles.map(({ field, limit, message, nearest }) => ({
      field,
      message: `${message} (${limit})${nearest === null ? '' : `; the nearest valid value is ${nearest}`}`,
    }))
    super(`The order was not sent, because Paxos would refuse it: ${said.map(({ field, message }) => `${field} ${message}`).join('; ')}.`)
    this.errors = said
  }
}

/** No order has this id. */
export class OrderUnknownError extends AppError {
  readonly code = 'NO_SUCH_ORDER'
  readonly retry = 'never'
  constructor(orderId: string) {
    super(`Unknown order ${orderId}. An order id starts with order-; GET /v1/orders lists them.`)
  }
}

/** Gatehouse never listed this quote, or it expired long ago. */
export class QuoteUnknownError extends AppError {
  readonly code = 'NO_SUCH_QUOTE'
  readonly retry = 'never'
  constructor(quoteId: string) {
    super(`quoteId: Unknown or long expired quote ${quoteId}. GET /v1/quotes?market= lists the valid ones.`)
  }
}

/** The quote has less than 2 s left and could expire in transit. Nothing was sent. */
export class QuoteExpiredError extends AppError {
  readonly code = 'QUOTE_EXPIRED'
  readonly retry = 'never'
  constructor(quoteId: string, expiresAt: Date) {
    super(`quoteId: Quote ${quoteId} expires at ${expiresAt.toISOString()}, in less than 2 s, so it was not sent. List quotes again.`)
  }
}

/** The order has ended and cannot be cancelled. */
export class OrderEndedError extends AppError {
  readonly code = 'ORDER_ENDED'
  readonly retry = 'never'
  constructor(orderId: string, state: string) {
    super(`Order ${orderId} is ${state} and cannot be cancelled.`)
  }
}

/** No deposit instructions of ours have this id. */
export class InstructionsUnknownError extends AppError {
  readonly code = 'NO_SUCH_INSTRUCTIONS'
  readonly retry = 'never'
  constructor(instructionsId: string) {
    super(
      `Unknown deposit instructions ${instructionsId}. Their id starts with instructions-; GET /v1/accounts/{id}/deposit-instructions lists them.`,
    )
  }
}

/** A wire cannot follow these instructions: Paxos has not created them, or they are of another network. Nothing was sent. */
export class InstructionsNotPayableError extends AppError {
  readonly code = 'INSTRUCTIONS_NOT_PAYABLE'
  readonly retry = 'never'
}
