import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { decimal } from '../../../src/sandbox/money/decimal.ts'
import { limit, marketBuy, startTrader } from './trader.ts'

describe('a market order', () => {
  it('fills a buy in full, and a sale of what was bought, to the last decimal', async () => {
    const trader = await startTrader({ fillDelayMs: 100 })
    const { status, body } = await trader.order(marketBuy('250.00', { ref_id: 'buy-1' }))
    expect([status, body]).toMatchObject([200, { status: 'SUBMITTED', amount_filled: '0.00000000', quote_amount: '250', base_amount: '' }])
    expect(await trader.balance('USD')).toEqual({ available: '9749.125', trading: '250.875' })
    const bought = await trader.ends(body.id, 'FILLED')
    const { items } = (await trader.call('GET', `/executions?order_id=${body.id}`)).body
    expect(items).toMatchObject([{ order_id: body.id, side: 'BUY', market: 'ETHUSD', commission_asset: 'USD', rebate: '0' }])
    const [execution] = items as unknown as Record<'amount' | 'price' | 'commission' | 'gross_trade_amount', string>[]
    expect(execution?.gross_trade_amount).toBe(decimal(execution!.amount).times(execution!.price).toFixed())
    expect(execution?.commission).toBe(decimal(execution!.gross_trade_amount).times('0.0035').toFixed())
    expect(bought.amount_filled).toBe(decimal(execution!.amount).toFixed(8))
    const spent = decimal(execution!.gross_trade_amount).plus(execution!.commission)
    expect(await trader.balance('USD')).toEqual({ available: decimal('10000').minus(spent).toFixed(), trading: '0' })
    expect(await trader.balance('ETH')).toEqual({ available: execution!.amount, trading: '0' })

    const sale = { side: 'SELL', market: 'ETHUSD', type: 'MARKET', base_amount: execution!.amount }
    await trader.ends((await trader.order(sale)).body.id, 'FILLED')
    expect(await trader.balance('ETH')).toEqual({ available: '0', trading: '0' })
    for (const asset of ['USD', 'ETH']) expect(trader.sandbox.balances.imbalance(asset).toFixed()).toBe('0')
  })

  it('A23: deducts the commission of a sale from its proceeds, with up to 19 decimals', async () => {
    const trader = await startTrader({ commissionRate: '0.003517' })
    await trader.deposit('1000000', 'SHIB')
    const { body } = await trader.order({ side: 'SELL', market: 'SHIBUSD', type: 'MARKET', base_amount: '123456.78912345' })
    await trader.ends(body.id, 'FILLED')
    const [execution] = (await trader.call('GET', `/profiles/${trader.profileId}/executions`)).body.items as unknown as Record<
      string,
      string
    >[]
    expect(execution?.commission).toMatch(/^\d+\.\d{17,19}$/)
    const proceeds = decimal(execution!.gross_trade_amount ?? '').minus(execution!.commission ?? '')
    expect((await trader.balance('USD')).available).toBe(decimal('10000').plus(proceeds).toFixed())
  })

  it('fills a large order at several prices of the book, and reports their weighted average', async () => {
    const trader = await startTrader()
    await trader.deposit('500000')
    const { body } = await trader.order(marketBuy('400000.00', { await_fill_millis: 5_000 }))
    expect(body.status).toBe('FILLED')
    const executions = trader.sandbox.executions.ofOrder(body.id)
    expect(executions.length).toBeGreaterThan(3)
    const gross = executions.reduce((sum, { gross }) => sum.plus(gross), decimal('0'))
    const amount = executions.reduce((sum, { amount }) => sum.plus(amount), decimal('0'))
    expect(body.amount_filled).toBe(amount.toFixed(8))
    expect(body.volume_weighted_average_price).toBe(gross.div(amount).round(8, 1).toFixed(8))
  })
})

describe('a limit order', () => {
  it('rests with its funds held, and fills at its price when the market moves through it', async () => {
    const trader = await startTrader()
    const { body } = await trader.order(limit('BUY', '3000.00', '2'))
    await trader.ends(body.id, 'OPEN')
    expect(await trader.balance('USD')).toEqual({ available: '3979', trading: '6021' })
    await trader.control('POST', '/markets/ETHUSD', { price: '2990' })
    expect(await trader.ends(body.id, 'FILLED')).toMatchObject({
      amount_filled: '2.00000000',
      volume_weighted_average_price: '3000.00000000',
    })
    expect(await trader.balance('USD')).toEqual({ available: '3979', trading: '0' })
  })

  it('gets the better price of the book when it crosses', async () => {
    const trader = await startTrader()
    const { body } = await trader.order(limit('BUY', '3300.00', '1', { await_fill_millis: 5_000 }))
    expect(body.status).toBe('FILLED')
    expect(decimal(String(body.volume_weighted_average_price)).lt('3210')).toBe(true)
    expect((await trader.balance('USD')).trading).toBe('0')
  })

  it('ends REJECTED when it crosses 15 % or more from the mid price, and when it is post-only and crosses', async () => {
    const trader = await startTrader()
    await trader.ends((await trader.order(limit('BUY', '3680.00'))).body.id, 'REJECTED')
    await trader.ends((await trader.order(limit('BUY', '3300.00', '1', { type: 'POST_ONLY_LIMIT' }))).body.id, 'REJECTED')
    await trader.ends((await trader.order(limit('BUY', '3100.00', '1', { type: 'POST_ONLY_LIMIT' }))).body.id, 'OPEN')
  })

  it.each([
    ['IOC', '3000.00', '1', 'CANCELLED'],
    ['FOK', '3000.00', '1', 'CANCELLED'],
    ['FOK', '3210.00', '1', 'FILLED'],
    ['IOC', '3210.00', '1', 'FILLED'],
  ])('with %s at %s for %s ends %s', async (time_in_force, price, amount, status) => {
    const trader = await startTrader()
    const { body } = await trader.order(limit('BUY', price, amount, { time_in_force }))
    await trader.ends(body.id, status)
    expect((await trader.balance('USD')).trading).toBe('0')
  })

  it('with GTT is cancelled at its expiration date, which Paxos tells in RFC 3339', async () => {
    const trader = await startTrader()
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const at = Date.now() + 10_500
    const { body } = await trader.order(limit('BUY', '3000.00', '1', { time_in_force: 'GTT', expiration_date: String(at) }))
    expect(body.expiration_date).toBe(new Date(at).toISOString())
    await trader.ends(body.id, 'OPEN')
    vi.setSystemTime(at)
    await trader.ends(body.id, 'CANCELLED')
  })

  it('cancels a resting order of its own profile when both would match', async () => {
    const trader = await startTrader()
    await trader.deposit('2', 'ETH')
    const resting = (await trader.order(limit('BUY', '3150.00'))).body.id
    await trader.ends(resting, 'OPEN')
    const sale = (await trader.order(limit('SELL', '3100.00'))).body.id
    await trader.ends(resting, 'CANCELLED')
    await trader.ends(sale, 'FILLED')
  })
})

describe('a stop order', () => {
  it('rests until the bid reaches its stop price, then sells', async () => {
    const trader = await startTrader()
    await trader.deposit('1', 'ETH')
    const stop = { side: 'SELL', market: 'ETHUSD', type: 'STOP_MARKET', base_amount: '1', stop_price: '3000.00' }
    const { body } = await trader.order(stop)
    expect(await trader.ends(body.id, 'OPEN')).toMatchObject({ is_triggered: false, stop_price: '3000' })
    expect(await trader.balance('ETH')).toEqual({ available: '0', trading: '1' })
    await trader.control('POST', '/markets/ETHUSD', { price: '2995' })
    expect(await trader.ends(body.id, 'FILLED')).toMatchObject({ is_triggered: true, amount_filled: '1.00000000' })
  })
})

describe('DELETE /profiles/{id}/orders/{id}', () => {
  it('A11: answers 200 and cancels the order later, and answers 403 the second time', async () => {
    const trader = await startTrader({ cancelDelayMs: 100 })
    const { id } = (await trader.order(limit('BUY', '3000.00'))).body
    await trader.ends(id, 'OPEN')
    const path = `/profiles/${trader.profileId}/orders/${id}`
    expect(await trader.call('DELETE', path)).toMatchObject({ status: 200, body: {} })
    expect((await trader.read(id)).status).toBe('OPEN')
    await trader.ends(id, 'CANCELLED')
    expect(await trader.balance('USD')).toEqual({ available: '10000', trading: '0' })
    expect((await trader.call('DELETE', path)).body).toMatchObject({ status: 403, detail: 'order is not in cancellable state' })
  })

  it('A10: loses against a fill that comes first', async () => {
    const trader = await startTrader({ cancelDelayMs: 200 })
    const { id } = (await trader.order(limit('BUY', '3000.00'))).body
    await trader.ends(id, 'OPEN')
    await trader.call('DELETE', `/profiles/${trader.profileId}/orders/${id}`)
    await trader.control('POST', '/markets/ETHUSD', { price: '2990' })
    await trader.ends(id, 'FILLED')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect((await trader.read(id)).status).toBe('FILLED')
  })

  it('A18: keeps the amount that was filled before', async () => {
    const trader = await startTrader({ fillParts: 4, fillDelayMs: 40 })
    const { id } = (await trader.order(limit('BUY', '3210.00', '1'))).body
    await expect.poll(() => trader.sandbox.executions.ofOrder(id).length, { interval: 2 }).toBe(1)
    await trader.call('DELETE', `/profiles/${trader.profileId}/orders/${id}`)
    const order = await trader.ends(id, 'CANCELLED')
    const filled = trader.sandbox.executions.ofOrder(id).reduce((sum, { amount }) => sum.plus(amount), decimal('0'))
    expect(order.amount_filled).toBe(filled.toFixed(8))
    expect((await trader.balance('ETH')).available).toBe(filled.toFixed())
    expect((await trader.balance('USD')).trading).toBe('0')
  })
})

describe('the ref_id of an order', () => {
  it('is taken while the order lives and for 24 h after its end: 409 with the order in meta', async () => {
    const trader = await startTrader()
    const first = (await trader.order(marketBuy('100.00', { ref_id: 'once', await_fill_millis: 5_000 }))).body
    const again = await trader.order(marketBuy('100.00', { ref_id: 'once' }))
    expect(again.status).toBe(409)
    expect(again.body).toEqual({
      type: 'https://developer.paxos.com/docs/v2/problems/already-exists',
      title: 'Already Exists',
      status: 409,
      detail: "order already exists with ref_id 'once'",
      meta: {
        existing: {
          id: first.id,
          profile_id: trader.profileId,
          ref_id: 'once',
          status: 'FILLED',
          side: 'BUY',
          market: 'ETHUSD',
          quote_amount: '100.00',
        },
      },
    })
    expect(trader.sandbox.orders.all).toHaveLength(1)
  })

  it('A6: is free again once the order has been closed for more than 24 h', async () => {
    const trader = await startTrader({ tokenTtlSeconds: 1_000_000 })
    const first = (await trader.order(marketBuy('100.00', { ref_id: 'twice', await_fill_millis: 5_000 }))).body
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const day = 24 * 3_600_000
    vi.setSystemTime(Date.now() + day - 60_000)
    expect((await trader.order(marketBuy('100.00', { ref_id: 'twice' }))).status).toBe(409)
    vi.setSystemTime(Date.now() + 120_000)
    const second = await trader.order(marketBuy('100.00', { ref_id: 'twice' }))
    expect([second.status, second.body.id === first.id]).toEqual([200, false])
    const found = (await trader.call('GET', '/orders?ref_ids=twice&ref_ids=other')).body.items
    expect(found.map(({ id }) => id)).toEqual([second.body.id, first.id])
  })

  it('A5: is forgotten on a control call, although the order lives', async () => {
    const trader = await startTrader()
    await trader.order(limit('BUY', '3000.00', '1', { ref_id: 'forget-me' }))
    await trader.control('POST', '/orders/forget', { refId: 'forget-me' })
    expect((await trader.order(limit('BUY', '3000.00', '1', { ref_id: 'forget-me' }))).status).toBe(200)
    expect((await trader.control('POST', '/orders/forget', { refId: 'unknown' })).status).toBe(404)
  })
})

describe('GET /orders', () => {
  it('filters by market, status, account, profile and time, newest first, in pages', async () => {
    const trader = await startTrader()
    const ids: string[] = []
    for (const ref_id of ['a', 'b', 'c']) ids.push((await trader.order(limit('BUY', '3000.00', '0.1', { ref_id }))).body.id)
    for (const id of ids) await trader.ends(id, 'OPEN')
    const list = async (query: string): Promise<string[]> =>
      (await trader.call('GET', `/orders?${query}`)).body.items.map(({ ref_id }) => ref_id)
    expect(await list('')).toEqual(['c', 'b', 'a'])
    expect(await list('status=OPEN&market=ETHUSD')).toEqual(['c', 'b', 'a'])
    expect(await list('status=FILLED')).toEqual([])
    expect(await list(`account_id=${trader.accountId}`)).toHaveLength(3)
    expect(await list('profile_id=another')).toEqual([])
    const first = (await trader.call('GET', `/profiles/${trader.profileId}/orders?limit=2`)).body
    const rest = (await trader.call('GET', `/profiles/${trader.profileId}/orders?limit=2&page_cursor=${first.next_page_cursor}`)).body
    expect([...first.items, ...rest.items].map(({ ref_id }) => ref_id)).toEqual(['c', 'b', 'a'])
    expect(await list(`order_time.begin=${encodeURIComponent(first.items[1]!.created_at)}`)).toEqual(['c', 'b'])
    expect((await trader.call('GET', '/orders?limit=1001')).body.detail).toBe('limit must be between 1 and 1000')
    expect((await trader.call('GET', '/orders?status=DONE')).status).toBe(400)
  })

  it('A13: hides executions when hiddenExecutions is set, while the order keeps the right sum', async () => {
    const trader = await startTrader({ hiddenExecutions: 0.8, fillParts: 20 })
    const { body } = await trader.order(marketBuy('1000.00', { await_fill_millis: 5_000 }))
    const { items } = (await trader.call('GET', `/executions?order_id=${body.id}&limit=100`)).body
    expect(trader.sandbox.executions.ofOrder(body.id)).toHaveLength(20)
    expect(items.length).toBeLessThan(12)
    expect(body.amount_filled).toBe(trader.sandbox.orders.get(body.id)?.filled.toFixed(8))
  })
})

describe('POST /_sandbox/executions/{id}/bust', () => {
  it('A19: returns to both sides what they paid, and removes the execution from the lists', async () => {
    const trader = await startTrader()
    const { body } = await trader.order(marketBuy('250.00', { await_fill_millis: 5_000 }))
    const [execution] = trader.sandbox.executions.ofOrder(body.id)
    expect((await trader.control('POST', `/executions/${execution!.id}/bust`)).status).toBe(200)
    expect(await trader.balance('USD')).toEqual({ available: '10000', trading: '0' })
    expect(await trader.balance('ETH')).toEqual({ available: '0', trading: '0' })
    expect(await trader.read(body.id)).toMatchObject({ status: 'CANCELLED', amount_filled: '0.00000000' })
    expect((await trader.call('GET', `/executions?order_id=${body.id}`)).body.items).toEqual([])
    expect((await trader.control('POST', '/executions/1/bust')).status).toBe(404)
  })
})
