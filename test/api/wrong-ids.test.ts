import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTradingApi, type TradingApi } from './trading-api.ts'

let api: TradingApi
beforeAll(async () => {
  api = await startTradingApi()
})
afterAll(() => api.close())

describe('A52: an id of another thing', () => {
  it.each([
    ['GET', '/v1/orders/{id}', /starts with order-/],
    ['POST', '/v1/orders/{id}/cancel', /starts with order-/],
    ['GET', '/v1/quote-executions/{id}', /starts with quote-execution-/],
    ['GET', '/v1/accounts/{id}', /Unknown account/],
    ['GET', '/v1/accounts/{id}/balances', /Unknown account/],
  ] as const)('%s %s is 404, and says which kind of id it takes', async (method, path, message) => {
    const order = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '25.00' }
    const { id: orderId, paxosOrderId } = (await api.ask('orders', order, { key: 'one' })).body
    const others = path.includes('/orders/') ? [api.accountId, paxosOrderId] : [orderId, paxosOrderId]
    for (const id of others) {
      const refused = await api.call(method, path.replace('{id}', id))
      expect([path, refused.status]).toEqual([path, 404])
      expect(refused.body.detail).toMatch(message)
    }
  })

  it('is one id per thing: the order that was placed is the one that is listed, shown and cancelled', async () => {
    const order = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '25.00' }
    const { id } = (await api.ask('orders', order, { key: 'one' })).body
    const listed = (await api.call('GET', `/v1/orders?accountId=${api.accountId}`)).body.items.map((each: { id: string }) => each.id)
    expect(listed).toContain(id)
    expect((await api.call('GET', `/v1/orders/${id}`)).body.id).toBe(id)
    const cancelled = (await api.call('POST', `/v1/orders/${id}/cancel`)).body // it may have been filled by now, and says which order that is
    expect(cancelled.id ?? cancelled.detail).toContain(id)
  })
})
