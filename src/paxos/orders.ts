import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { AnsweredAmount, AnsweredId } from './transport/answered-amount.ts'
import { about, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'

/** An order as Paxos has it. SPEC requires no field, so all but the id may be absent (paxos/api.md 8.1). */
export interface PaxosOrder {
  id: string
  profileId: string | null
  refId: string | null
  /** PENDING_SUBMISSION, SUBMITTED, OPEN, FILLED, CANCELLED, REJECTED or EXPIRED. An open set. */
  status: string
  side: string
  market: string
  type: string
  baseAmount: Amount | null
  quoteAmount: Amount | null
  price: Amount | null
  /** Filled so far, in the base asset. Cumulative: use this and not the sum of the executions that were seen. */
  amountFilled: Amount | null
  averagePrice: Amount | null
  createdAt: string | null
  modifiedAt: string | null
}

/** The body of Create Order (paxos/api.md 8.1). `ref_id` is required because it makes a second try harmless. */
export interface NewOrder {
  ref_id: string
  side: 'BUY' | 'SELL'
  market: string
  type: string
  base_amount?: string
  quote_amount?: string
  price?: string
  stop_price?: string
  time_in_force?: string
  /** Milliseconds since 1970, as a string. */
  expiration_date?: string
  /** Paxos wants both this and `identity_account_id`, or neither. */
  identity_id: string
  identity_account_id: string
}

interface OrdersFilter {
  profileId?: string
  status?: string
  /** RFC 3339, inclusive. */
  orderedFrom?: string
  orderedUntil?: string
  refIds?: readonly string[]
  limit?: number
  cursor?: string | null
}

export interface OrdersOfPaxos {
  /** @throws PAXOS_CONFLICT when an order with this ref_id exists; PAXOS_REFUSED for funds, limits and markets; PAXOS_OUTCOME_UNKNOWN */
  create(profileId: string, order: NewOrder, options?: CallOptions): Promise<PaxosOrder>
  get(profileId: string, orderId: string, options?: CallOptions): Promise<PaxosOrder>
  /** Requests a cancellation. The order may still be open when this resolves. @throws PAXOS_FORBIDDEN for a closed order */
  cancel(profileId: string, orderId: string, options?: CallOptions): Promise<void>
  /** One page over all profiles, at most 1,000 orders. After an unknown outcome an order is found here by `refIds`. */
  list(options: CallOptions & OrdersFilter): Promise<{ orders: PaxosOrder[]; nextCursor: string | null }>
}

const text = z.string().nullish()
const Order = z
  .object({
    id: z.string().min(1),
    profile_id: AnsweredId,
    ref_id: AnsweredId,
    status: z.string().min(1),
    side: text,
    market: text,
    type: text,
    base_amount: AnsweredAmount,
    quote_amount: AnsweredAmount,
    price: AnsweredAmount,
    amount_filled: AnsweredAmount,
    volume_weighted_average_price: AnsweredAmount,
    created_at: text,
    modified_at: text,
  })
  .transform(
    (order): PaxosOrder => ({
      id: order.id,
      profileId: order.profile_id,
      refId: order.ref_id,
      status: order.status,
      side: order.side ?? '',
      market: order.market ?? '',
      type: order.type ?? '',
      baseAmount: order.base_amount,
      quoteAmount: order.quote_amount,
      price: order.price,
      amountFilled: order.amount_filled,
      averagePrice: order.volume_weighted_average_price,
      createdAt: order.created_at ?? null,
      modifiedAt: order.modified_at ?? null,
    }),
  )
const OrderPage = pageOf('items', Order).transform(({ rows, nextCursor }) => ({ orders: rows, nextCursor }))

export function ordersOfPaxos(call: PaxosCall): OrdersOfPaxos {
  const common = { feature: 'orders' } as const
  const pathOf = (profileId: string, operation: string): string => `/profiles/${idSegment(profileId, operation)}/orders`
  return {
    create(profileId, order, options) {
      const operation = 'orders.create'
      const path = pathOf(profileId, operation)
      const body = { ...order }
      return call({ ...common, operation, method: 'POST', path, body, once: { refId: order.ref_id }, schema: Order }, options)
    },
    async get(profileId, orderId, options) {
      const operation = 'orders.get'
      const path = `${pathOf(profileId, operation)}/${idSegment(orderId, operation)}`
      return about(orderId, await call({ ...common, operation, path, schema: Order }, options), operation)
    },
    async cancel(profileId, orderId, options) {
      const operation = 'orders.cancel'
      const path = `${pathOf(profileId, operation)}/${idSegment(orderId, operation)}`
      const request = { ...common, operation, path, mayBeEmpty: true, schema: z.unknown() } as const
      await call({ ...request, method: 'DELETE', once: 'sets-a-state' }, options)
    },
    list({ profileId, status, orderedFrom, orderedUntil, refIds, limit, cursor, ...options }) {
      const query = queryString({
        profile_id: profileId,
        status,
        'order_time.begin': orderedFrom,
        'order_time.end': orderedUntil,
        ref_ids: refIds,
        limit,
        page_cursor: cursor,
      })
      return call({ ...common, operation: 'orders.list', path: `/orders${query}`, mark: 'items', schema: OrderPage }, options)
    },
  }
}
