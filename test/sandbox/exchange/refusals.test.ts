import { describe, expect, it } from 'vitest'
import { limit, marketBuy, startTrader } from './trader.ts'

const PROBLEMS = 'https://developer.paxos.com/docs/v2/problems/'

describe('an order that Paxos refuses', () => {
  it('is answered 403 insufficient-funds with the documented text and meta', async () => {
    const { order, profileId, sandbox } = await startTrader({ commissionRate: '0' })
    const { status, headers, body } = await order(marketBuy('10000.01'))
    expect([status, headers['content-type']]).toEqual([403, expect.stringContaining('application/problem+json')])
    expect(body).toEqual({
      type: `${PROBLEMS}insufficient-funds`,
      title: 'Insufficient Funds',
      status: 403,
      detail: `insufficient USD funds in profile ${profileId}: 10000.01 needed, 10000 available`,
      meta: { profile_id: profileId, asset: 'USD', available: '10000', needed: '10000.01' },
    })
    expect(sandbox.orders.all).toEqual([])
  })

  it('is answered 403 above the documented notional value', async () => {
    const { order } = await startTrader()
    expect((await order(marketBuy('500000.01'))).body).toMatchObject({
      type: `${PROBLEMS}notional-value-too-large`,
      detail:
        'notional value too large for ETHUSD MARKET order: order had notional value 500000.01, but maximum allowed notional value is 500000',
      meta: { market: 'ETHUSD', order_type: 'MARKET', order_notional_value: '500000.01', max_notional_value: '500000' },
    })
    expect((await order(limit('BUY', '3000.00', '500.01'))).body.type).toBe(`${PROBLEMS}notional-value-too-large`)
  })

  it('is answered 403 in a closed market, unless it can rest', async () => {
    const { order, control, call } = await startTrader()
    await control('POST', '/markets/ETHUSD', { buy: 'SCHEDULED_MAINTENANCE' })
    expect((await order(marketBuy('100.00'))).body).toMatchObject({
      type: `${PROBLEMS}unavailable-market`,
      title: 'Planned Market Outage',
      detail: 'no marketable orders may be submitted at this time',
    })
    expect((await order(limit('BUY', '3000.00'))).status).toBe(200)
    const { markets } = (await call('GET', '/markets')).body as unknown as { markets: { market: string; market_status: object }[] }
    expect(markets.find(({ market }) => market === 'ETHUSD')?.market_status).toMatchObject({
      buy_status: 'UNAVAILABLE',
      buy_reason: 'SCHEDULED_MAINTENANCE',
      sell_status: 'AVAILABLE',
    })
    await control('POST', '/markets/ALL', { buy: 'open' })
    expect((await order(marketBuy('100.00'))).status).toBe(200)
  })

  it.each([
    ['disable', 'BUY', 403],
    ['disable', 'SELL', 200],
    ['error', 'SELL', 403],
    ['deny', 'SELL', 403],
  ] as const)('depends on the status of its identity: after %s a %s is answered %i', async (verdict, side, expected) => {
    const { order, control, identityId, deposit } = await startTrader()
    await deposit('1', 'ETH')
    await control('POST', `/identities/${identityId}/decide`, { verdict })
    const answer = await order(side === 'BUY' ? marketBuy('100.00') : { side, market: 'ETHUSD', type: 'MARKET', base_amount: '1' })
    expect(answer.status).toBe(expected)
    if (expected === 403) {
      expect(answer.body).toMatchObject({
        type: `${PROBLEMS}identity-verification-required`,
        meta: { ref_path: `/v2/identity/identities/${identityId}`, identity_id: identityId, current_status: expect.any(String) },
      })
    }
  })

  it('is answered 404 in an unknown profile and for an unknown order', async () => {
    const { call, profileId, order } = await startTrader()
    const unknown = await call('POST', '/profiles/b7b77d82-e6a7-4ae9-9904-36231aedf985/orders', marketBuy('100.00'))
    expect([unknown.status, unknown.body.detail]).toEqual([404, 'profile not found: b7b77d82-e6a7-4ae9-9904-36231aedf985'])
    const { id } = (await order(marketBuy('100.00'))).body
    expect((await call('GET', `/profiles/default/orders/${id}`)).status).toBe(404)
    expect((await call('GET', `/profiles/${profileId}/orders/nothing`)).status).toBe(404)
    expect((await order({ ...marketBuy('100.00'), identity_id: 'stranger' })).status).toBe(404)
  })

  it.each<[string, Record<string, unknown>]>([
    ["quote_amount invalid: invalid amount '-10': must be positive decimal", marketBuy('-10')],
    ["quote_amount invalid: invalid amount '1e3': must be positive decimal", marketBuy('1e3')],
    ["quote_amount invalid: invalid amount '0': must be positive decimal", marketBuy('0')],
    ['max precision allowed for asset USD is 2', marketBuy('1.001')],
    ['max precision allowed for asset ETH is 8', limit('BUY', '3000.00', '0.123456789')],
    ["price invalid: invalid amount '3000.01': must be a multiple of 0.05", limit('BUY', '3000.01')],
    ['quote_amount: Invalid input: expected string, received number', { ...marketBuy('1'), quote_amount: 1 }],
    ['exactly one of base_amount, quote_amount must be set', { ...marketBuy('1'), base_amount: '1' }],
    ['exactly one of base_amount, quote_amount must be set', { side: 'BUY', market: 'ETHUSD', type: 'MARKET' }],
    ['quote_amount: is required for a market buy order', { side: 'BUY', market: 'ETHUSD', type: 'MARKET', base_amount: '1' }],
    ['invalid market USETH', { ...marketBuy('1'), market: 'USETH' }],
    ['price: is required for a LIMIT order', { side: 'BUY', market: 'ETHUSD', type: 'LIMIT', base_amount: '1' }],
    ['price: must not be set for a MARKET order', { ...marketBuy('1'), price: '1' }],
    ['time_in_force: must be one of IOC for a MARKET order', { ...marketBuy('1'), time_in_force: 'GTC' }],
    ['expiration_date: is required with time_in_force GTT', limit('BUY', '3000.00', '1', { time_in_force: 'GTT' })],
    [
      'expiration_date: must be more than 10 seconds ahead',
      limit('BUY', '3000.00', '1', { time_in_force: 'GTT', expiration_date: String(Date.now()) }),
    ],
    ['side: stop orders can only sell', { side: 'BUY', market: 'ETHUSD', type: 'STOP_MARKET', base_amount: '1', stop_price: '3000.00' }],
    ['identity_id and identity_account_id must be set together', { ...marketBuy('1'), identity_account_id: undefined }],
    ['await_fill_millis: may be at most 10000', { ...marketBuy('1'), await_fill_millis: 10_001 }],
    ['metadata: may hold at most 6 pairs', { ...marketBuy('1'), metadata: Object.fromEntries([...'abcdefg'].map((key) => [key, 'x'])) }],
    ['colour: unknown field', { ...marketBuy('1'), colour: 'red' }],
  ])('is answered 400: %s', async (detail, body) => {
    const { order, sandbox, balance } = await startTrader()
    const answer = await order(body)
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(detail)])
    expect(sandbox.orders.all).toEqual([])
    expect(await balance('USD')).toEqual({ available: '10000', trading: '0' })
  })
})

describe('a magic amount', () => {
  it.each([
    ['666.11', 200, 'CANCELLED'],
    ['666.12', 200, 'REJECTED'],
    ['666.14', 504, 'FILLED'],
    ['666.17', 200, 'FILLED'],
  ])('%s is answered %i, and the order ends %s', async (amount, status, end) => {
    const { order, sandbox, balance } = await startTrader()
    expect((await order(marketBuy(amount, { ref_id: 'magic' }))).status).toBe(status)
    await expect.poll(() => sandbox.orders.withRefIds(['magic'])[0]?.status).toBe(end)
    expect((await balance('USD')).trading).toBe('0')
  })

  it.each([
    ['666.13', 403],
    ['666.18', 504],
  ])('%s is answered %i and creates no order', async (amount, status) => {
    const { order, sandbox } = await startTrader()
    expect((await order(marketBuy(amount))).status).toBe(status)
    expect(sandbox.orders.all).toEqual([])
  })

  it('666.15 drops the connection after the order was created', async () => {
    const { order, sandbox } = await startTrader()
    await expect(order(marketBuy('666.15', { ref_id: 'dropped' }))).rejects.toThrow()
    expect(sandbox.orders.withRefIds(['dropped'])).toHaveLength(1)
    expect(sandbox.story.of('call').at(-1)).toMatchObject({ outcome: 'acted-then-dropped', status: null })
  })

  it('666.16 never fills, 666.19 is annulled, and both are ordinary when magicAmounts is off', async () => {
    const { order, ends, balance, control, call, profileId } = await startTrader()
    const open = (await order(marketBuy('666.16'))).body.id
    await ends(open, 'OPEN')
    await call('DELETE', `/profiles/${profileId}/orders/${open}`)
    await ends(open, 'CANCELLED')
    await ends((await order(marketBuy('666.19'))).body.id, 'CANCELLED')
    expect(await balance('USD')).toEqual({ available: '10000', trading: '0' })
    await control('PATCH', '/settings', { magicAmounts: false })
    await ends((await order(marketBuy('666.12'))).body.id, 'FILLED')
  })
})
