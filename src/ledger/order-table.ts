import type { OrderSnapshot } from '../domain/trade/order-stream.ts'
import { boolean, decimal, json, streamTable, text, time } from './stream-table.ts'

/** An order is a stream of its own, so that a trade never waits for its customer's onboarding. */
export const ORDER_TABLE = streamTable<OrderSnapshot, 'order'>({
  kind: 'order',
  table: 'trade_order',
  property: 'order',
  id: 'orderId',
  identity: ({ identityId }) => identityId,
  columns: {
    orderId: text('order_id'),
    accountId: text('account_id'),
    identityId: text('identity_id'),
    profileId: text('profile_id'),
    baseAsset: text('base_asset'),
    quoteAsset: text('quote_asset'),
    side: text('side'),
    market: text('market'),
    type: text('type'),
    baseAmount: decimal('base_amount'),
    quoteAmount: decimal('quote_amount'),
    price: decimal('price'),
    stopPrice: decimal('stop_price'),
    timeInForce: text('time_in_force'),
    expiresAt: text('expires_at'),
    state: text('state'),
    reason: text('reason'),
    paxosOrderId: text('paxos_order_id'),
    paxosStatus: text('paxos_status'),
    amountFilled: decimal('amount_filled'),
    averagePrice: decimal('average_price'),
    executions: json('executions'),
    settled: boolean('settled'),
    requestedAt: time('requested_at'),
    closedAt: time('closed_at'),
  },
})
