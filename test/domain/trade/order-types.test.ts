import { describe, expect, it } from 'vitest'
import { newOrder, type OrderType } from '../../../src/domain/trade/order.ts'
import { differingFields, type FieldProblem, readOrderRequest } from '../../../src/domain/trade/read-order-request.ts'
import { limitSell, marketBuy } from './sample-order.ts'

/** A sale of each type with the fields that it needs, and the times in force that it knows. */
const TYPES: Readonly<Record<OrderType, { prices: object; times: readonly string[] }>> = {
  MARKET: { prices: {}, times: ['IOC'] },
  LIMIT: { prices: { price: '2000' }, times: ['GTC', 'IOC', 'FOK', 'GTT'] },
  POST_ONLY_LIMIT: { prices: { price: '2000' }, times: ['GTC', 'IOC', 'FOK', 'GTT'] },
  STOP_MARKET: { prices: { stopPrice: '1950' }, times: ['GTC', 'GTT'] },
  STOP_LIMIT: { prices: { price: '1900', stopPrice: '1950' }, times: ['GTC', 'GTT'] },
}
const CASES = Object.entries(TYPES)

function problemsOf(body: Record<string, unknown>): Record<string, string> {
  const read = readOrderRequest(body)
  return Array.isArray(read) ? Object.fromEntries((read as FieldProblem[]).map(({ field, message }) => [field, message])) : {}
}
const sale = (type: string, more: object = {}) => ({ side: 'SELL', market: 'ETHUSD', type, baseAmount: '1', ...more })

describe.each(CASES)('an order of type %s', (type, { prices, times }) => {
  it('takes exactly its prices', () => {
    expect(problemsOf(sale(type, prices))).toEqual({})
    for (const field of ['price', 'stopPrice']) {
      const wanted = field in prices
      const changed = sale(type, { ...prices, [field]: wanted ? undefined : '1' })
      expect(Object.keys(problemsOf(changed))).toEqual([field])
    }
  })

  it.each(['GTC', 'IOC', 'FOK', 'GTT'])('knows %s as Paxos does', (timeInForce) => {
    const end = timeInForce === 'GTT' ? { expiresAt: '2026-03-01T12:00:00Z' } : {}
    expect('timeInForce' in problemsOf(sale(type, { ...prices, timeInForce, ...end }))).toBe(!times.includes(timeInForce))
  })
})

describe('a purchase', () => {
  it('names the amount in the quote asset for a market order alone', () => {
    expect(problemsOf({ side: 'BUY', market: 'ETHUSD', type: 'MARKET', quoteAmount: '1' })).toEqual({})
    expect(problemsOf({ side: 'BUY', market: 'ETHUSD', type: 'LIMIT', baseAmount: '1', price: '1' })).toEqual({})
    expect(Object.keys(problemsOf({ side: 'BUY', market: 'ETHUSD', type: 'LIMIT', quoteAmount: '1', price: '1' }))).toEqual([
      'baseAmount',
      'quoteAmount',
    ])
  })
})

describe('an order request', () => {
  it.each(['side', 'type', 'market'])('without %s is refused for that field alone, since the others depend on it', (field) => {
    expect(Object.keys(problemsOf({ ...sale('LIMIT'), [field]: undefined }))).toEqual([field])
  })

  it('lists what it knows in its refusals', () => {
    expect(problemsOf({ ...sale('LIMIT', { price: '1' }), timeInForce: 'NOW' })).toEqual({
      timeInForce: 'must be one of GTC, IOC, FOK, GTT',
    })
    expect(problemsOf({ ...sale('ICEBERG'), extra: 1 })).toEqual({
      extra:
        'is not a field of an order; known fields: side, market, type, baseAmount, quoteAmount, price, stopPrice, timeInForce, expiresAt',
      type: 'must be one of MARKET, LIMIT, POST_ONLY_LIMIT, STOP_MARKET, STOP_LIMIT',
    })
  })

  it.each(['AB', 'A'.repeat(21), 'ETHUSD ', ' ETHUSD', '$ETHUSD', 123_456])('is refused for the market %o', (market) => {
    expect(Object.keys(problemsOf({ ...sale('MARKET'), market }))).toEqual(['market'])
  })

  it('that names null is as one that names nothing', () => {
    const bare = { quoteAmount: null, price: null, stopPrice: null, timeInForce: null, expiresAt: null }
    expect(readOrderRequest(sale('MARKET', bare))).toEqual({ ...limitSell, type: 'MARKET', price: null })
  })
})

describe('the end of an order', () => {
  const endsAt = (expiresAt: unknown) => sale('LIMIT', { price: '1', timeInForce: 'GTT', expiresAt })

  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123Z'],
    ['2026-03-01T14:30:00+02:30', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T07:00:00.5-05:00', '2026-03-01T12:00:00.500Z'],
  ])('%s is kept as %s', (text, kept) => {
    expect(readOrderRequest(endsAt(text))).toMatchObject({ expiresAt: kept })
  })

  it.each([
    ['a date', '2026-03-01'],
    ['a time without its zone', '2026-03-01T12:00:00'],
    ['ten decimals', '2026-03-01T12:00:00.1234567890Z'],
    ['text before it', 'on 2026-03-01T12:00:00Z'],
    ['text after it', '2026-03-01T12:00:00Z (UTC)'],
    ['a month that does not exist', '2026-13-01T12:00:00Z'],
    ['a number', 1_772_366_400_000],
    ['an array of one time', ['2026-03-01T12:00:00Z']],
  ])('that is %s is refused', (_, expiresAt) => {
    expect(Object.keys(problemsOf(endsAt(expiresAt)))).toEqual(['expiresAt'])
  })
})

describe('A7: the same key with another decimal', () => {
  it.each(['baseAmount', 'quoteAmount', 'price', 'stopPrice'] as const)('compares %s by value, and a missing one as another', (field) => {
    const known = { ...marketBuy, [field]: '1.50' }
    expect(differingFields(known, { ...known, [field]: '1.5' })).toEqual([])
    expect(differingFields(known, { ...known, [field]: null })).toEqual([field])
    expect(differingFields({ ...known, [field]: null }, known)).toEqual([field])
  })

  it('compares texts as texts', () => {
    expect(differingFields({ ...marketBuy, market: '1' }, { ...marketBuy, market: '1.0' })).toEqual(['market'])
  })
})

it('an order begins as one that is being sent, of which nothing is filled or settled', () => {
  const place = { orderId: 'o', accountId: 'a', identityId: 'i', profileId: 'p', baseAsset: 'ETH', quoteAsset: 'USD' }
  expect(newOrder(place, limitSell, 7)).toEqual({
    ...{ ...place, ...limitSell, state: 'submitting', reason: null, paxosOrderId: null, paxosStatus: null },
    ...{ amountFilled: '0', averagePrice: null, executions: [], settled: false, requestedAt: 7, closedAt: null },
  })
})
