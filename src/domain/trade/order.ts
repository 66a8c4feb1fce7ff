/**
 * Where an order stands.
 *
 * - `submitting`: committed here; the worker is sending it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was sent and the answer was lost. In: the worker, after a timeout, a 504, a reset or a crash. Out: the worker, only by a
 *   look-up of its ref_id.
 * - `open`: Paxos has it and may fill it. In: the worker. Out: the worker, when a read of the order shows its end.
 * - `cancel_requested`: a cancellation was asked for and has not happened yet. In: a request to our API. Out: the worker, as from `open`.
 * - `filled`: filled in whole; final. In: the worker. Out: never; an execution that Paxos annuls later becomes a further entry.
 * - `cancelled`: ended with what was filled until then, which may be nothing; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it, or it was too late to send it; final. In: the worker. Out: never.
 * - `expired`: its time in force ended; final. In: the worker. Out: never.
 * - `held`: what Paxos says contradicts what is on record. In: the worker. Out: an operator.
 */
export const ORDER_STATES = [
  'submitting',
  'unknown',
  'open',
  'cancel_requested',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'held',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** Final states: Paxos changes none of them. */
export const FINAL: readonly OrderState[] = ['filled', 'cancelled', 'rejected', 'expired']

export const ORDER_SIDES = ['BUY', 'SELL'] as const
export type OrderSide = (typeof ORDER_SIDES)[number]
export const ORDER_TYPES = ['MARKET', 'LIMIT', 'POST_ONLY_LIMIT', 'STOP_MARKET', 'STOP_LIMIT'] as const
export type OrderType = (typeof ORDER_TYPES)[number]
export const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'GTT'] as const
export type TimeInForce = (typeof TIMES_IN_FORCE)[number]

/** A customer's request. Amounts are decimal strings, kept as sent. */
export interface OrderRequest {
  readonly side: OrderSide
  readonly market: string
  readonly type: OrderType
  readonly baseAmount: string | null
  readonly quoteAmount: string | null
  readonly price: string | null
  readonly stopPrice: string | null
  readonly timeInForce: TimeInForce | null
  /** RFC 3339; for GTT. */
  readonly expiresAt: string | null
}

/** One fill of an order, as Paxos listed it. */
export interface Execution {
  readonly id: string
  readonly executedAt: string
  /** In the base asset. */
  readonly amount: string
  readonly price: string
  /** In the quote asset: amount times price. */
  readonly grossAmount: string
  readonly commission: string | null
  readonly commissionAsset: string | null
  readonly rebate: string | null
  readonly rebateAsset: string | null
  /** Paxos no longer lists it: it was annulled after the fill, and its flows are reversed. */
  readonly annulled: boolean
}

/** One order as last committed, without the bookkeeping of the store. */
export interface Order extends OrderRequest {
  /** Gatehouse's id: `order-` and a hash of account and Idempotency-Key, so that the same request is always the same order. */
  readonly orderId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly state: OrderState
  /** Why it was rejected or is held: a word of ours, or the slug of Paxos's problem type. */
  readonly reason: string | null
  readonly paxosOrderId: string | null
  /** Paxos's status as last read; an open set. */
  readonly paxosStatus: string | null
  /** In the base asset: Paxos's own cumulative figure. */
  readonly amountFilled: string
  readonly averagePrice: string | null
  readonly executions: readonly Execution[]
  /** The order is final and its executions add up to the filled amount: the money has moved. */
  readonly settled: boolean
  /** Milliseconds since 1970. */
  readonly requestedAt: number
  readonly closedAt: number | null
}

/** The account of an order, and the market's assets. */
export interface OrderPlace {
  readonly orderId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  readonly baseAsset: string
  readonly quoteAsset: string
}

/** The new order of a request. */
export function newOrder(place: OrderPlace, request: OrderRequest, requestedAt: number): Order {
  return {
    ...place,
    ...request,
    state: 'submitting',
    reason: null,
    paxosOrderId: null,
    paxosStatus: null,
    amountFilled: '0',
    averagePrice: null,
    executions: [],
    settled: false,
    requestedAt,
    closedAt: null,
  }
}
