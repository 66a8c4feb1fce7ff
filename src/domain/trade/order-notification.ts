import type { Effect } from '../effect.ts'
import type { OrderSnapshot } from './order-stream.ts'

/** The notification of an order's end: ids, amounts and codes. */
export interface OrderNotification {
  kind: 'order.filled' | 'order.cancelled' | 'order.rejected'
  data: {
    identityId: string
    accountId: string
    orderId: string
    paxosOrderId: string | null
    state: string
    side: string
    market: string
    amountFilled: string
    averagePrice: string | null
    reason: string | null
  }
}

/** Keys: the names in order-stream.ts. */
const KINDS: Readonly<Record<string, OrderNotification['kind']>> = {
  order_filled: 'order.filled',
  order_cancelled: 'order.cancelled',
  order_rejected: 'order.rejected',
}

export function orderNotification({ order }: OrderSnapshot, effect: Effect): OrderNotification {
  const kind = KINDS[effect.name ?? '']
  if (!kind) throw new TypeError(`an order has no notification ${effect.name}`)
  const { identityId, accountId, orderId, paxosOrderId, state, side, market, amountFilled, averagePrice, reason } = order
  return { kind, data: { identityId, accountId, orderId, paxosOrderId, state, side, market, amountFilled, averagePrice, reason } }
}
