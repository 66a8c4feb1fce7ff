import type { Decimal } from '../money/decimal.ts'

/** The types of orders (paxos/api.md 8.1). Stop orders sell only. */
export const ORDER_TYPES = ['LIMIT', 'MARKET', 'POST_ONLY_LIMIT', 'STOP_MARKET', 'STOP_LIMIT'] as const
export type OrderType = (typeof ORDER_TYPES)[number]

export const TIMES_IN_FORCE = ['GTC', 'FOK', 'IOC', 'GTT'] as const
export type TimeInForce = (typeof TIMES_IN_FORCE)[number]

export const SIDES = ['BUY', 'SELL'] as const
export type Side = (typeof SIDES)[number]

/** `EXPIRED` belongs to Smart Order Routing: lists filter by it, and no simulated order gets it. */
export const ORDER_STATUSES = ['PENDING_SUBMISSION', 'SUBMITTED', 'OPEN', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

/** A checked request for an order. */
export interface NewOrder {
  readonly profileId: string
  readonly refId: string | null
  readonly side: Side
  readonly market: string
  readonly type: OrderType
  readonly baseAmount: Decimal | null
  readonly quoteAmount: Decimal | null
  readonly price: Decimal | null
  readonly stopPrice: Decimal | null
  readonly timeInForce: TimeInForce
  /** Only for a GTT order. */
  readonly expiresAtMs: number | null
  readonly identityId: string | null
  readonly accountId: string | null
  readonly recipientProfileId: string | null
  readonly metadata: Readonly<Record<string, string>> | null
  readonly selfMatchPreventionId: string | null
}

export interface Order extends NewOrder {
  readonly id: string
  readonly createdAtNs: bigint
  modifiedAtNs: bigint
  status: OrderStatus
  /** Filled so far, in the base asset and in the quote asset. */
  filled: Decimal
  gross: Decimal
  /** What the trading balance still holds for it: the quote asset for a buy, the base asset for a sale. */
  held: Decimal
  /** The stop price of a stop order was met. */
  triggered: boolean
  /** It rests in the book, so it fills at its own price. */
  resting: boolean
  /** The magic of its amount (magic-amounts.ts). */
  magic: string | null
  closedAtMs: number | null
}

export function isClosed({ status }: Order): boolean {
  return status === 'FILLED' || status === 'CANCELLED' || status === 'REJECTED' || status === 'EXPIRED'
}
