import { Amount } from '../../../src/domain/money.ts'
import type { SeenOrder } from '../../../src/domain/trade/observe-order.ts'
import { type Execution, newOrder, type Order, type OrderRequest } from '../../../src/domain/trade/order.ts'

export const marketBuy: OrderRequest = {
  side: 'BUY',
  market: 'ETHUSD',
  type: 'MARKET',
  baseAmount: null,
  quoteAmount: '250.00',
  price: null,
  stopPrice: null,
  timeInForce: null,
  expiresAt: null,
}
export const limitSell: OrderRequest = { ...marketBuy, side: 'SELL', type: 'LIMIT', baseAmount: '1', quoteAmount: null, price: '2000' }

export function sampleOrder(over: Partial<Order> = {}, request: OrderRequest = limitSell): Order {
  const place = { orderId: 'order-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' }
  return { ...newOrder({ ...place, baseAsset: 'ETH', quoteAsset: 'USD' }, request, 1_000), ...over }
}

export function fill(id: string, amount: string, over: Partial<Execution> = {}): Omit<Execution, 'annulled'> {
  const grossAmount = String(Amount.of(amount).times(Amount.of('2000')))
  const fees = { commission: '0.25', commissionAsset: 'USD', rebate: null, rebateAsset: null }
  return { id, executedAt: '2026-03-02T09:15:31Z', amount, price: '2000', grossAmount, ...fees, ...over }
}

/** The order as Paxos shows it after these fills. */
export function seenOrder(status: string, fills: readonly Omit<Execution, 'annulled'>[] | null, over: Partial<SeenOrder> = {}): SeenOrder {
  const amountFilled = Amount.sum((fills ?? []).map(({ amount }) => Amount.of(amount)))
  return { id: 'paxos-1', status, amountFilled, averagePrice: Amount.of('2000'), executions: fills, ...over }
}
