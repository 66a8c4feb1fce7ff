import { describe, expect, it } from 'vitest'
import { differingFields, type FieldProblem, readOrderRequest } from '../../../src/domain/trade/read-order-request.ts'
import { mayStillBeSent } from '../../../src/domain/trade/ref-id-rule.ts'
import { limitSell, marketBuy } from './sample-order.ts'

const NOW = Date.parse('2026-11-27T12:00:00Z')
const BUY = { side: 'BUY', market: 'ETHUSD', type: 'MARKET', quoteAmount: '250.00' }
const LIMIT = { side: 'SELL', market: 'ETHUSD', type: 'LIMIT', baseAmount: '1', price: '2000' }
const STOP = { side: 'SELL', market: 'ETHUSD', type: 'STOP_LIMIT', baseAmount: '1', price: '1900', stopPrice: '1950' }

function problemsOf(body: Record<string, unknown>): Record<string, string> {
  const read = readOrderRequest(body)
  return Array.isArray(read) ? Object.fromEntries((read as FieldProblem[]).map(({ field, message }) => [field, message])) : {}
}

describe('reading an order request', () => {
  it('accepts a market buy, a limit sale and a stop as they were sent', () => {
    expect(readOrderRequest(BUY)).toEqual(marketBuy)
    expect(readOrderRequest(LIMIT)).toEqual(limitSell)
    expect(readOrderRequest({ ...STOP, timeInForce: 'GTT', expiresAt: '2026-11-28T00:00:00Z' })).toMatchObject({
      stopPrice: '1950',
      timeInForce: 'GTT',
      expiresAt: '2026-11-28T00:00:00.000Z',
    })
  })

  it.each([
    ['an amount with an exponent', { ...BUY, quoteAmount: '1e3' }, 'quoteAmount', /exponent/],
    ['a negative amount', { ...BUY, quoteAmount: '-1' }, 'quoteAmount', /negative/],
    ['zero', { ...BUY, quoteAmount: '0' }, 'quoteAmount', /zero/],
    ['an amount that begins with a point', { ...BUY, quoteAmount: '.5' }, 'quoteAmount', /point/],
    ['nine decimals', { ...LIMIT, baseAmount: '0.123456789' }, 'baseAmount', /9 decimals; at most 8/],
    ['three decimals of USD', { ...BUY, quoteAmount: '1.005' }, 'quoteAmount', /3 decimals; at most 2/],
    ['an amount as number', { ...BUY, quoteAmount: 250 }, 'quoteAmount', /is a number; send a decimal string/],
    ['both amounts', { ...BUY, baseAmount: '1' }, 'baseAmount', /does not apply to a MARKET BUY/],
    ['neither amount', { ...BUY, quoteAmount: undefined }, 'quoteAmount', /is missing/],
    ['a market sale by quote', { ...BUY, side: 'SELL' }, 'quoteAmount', /does not apply/],
    ['a limit order without a price', { ...LIMIT, price: null }, 'price', /is missing/],
    ['a market order with a price', { ...BUY, price: '1' }, 'price', /does not apply/],
    ['a stop that buys', { ...STOP, side: 'BUY' }, 'side', /must be SELL/],
    ['an unknown side', { ...BUY, side: 'HOLD' }, 'side', /must be one of BUY, SELL/],
    ['an unknown type', { ...BUY, type: 'ICEBERG' }, 'type', /must be one of MARKET/],
    ['an invalid market', { ...BUY, market: 'eth-usd' }, 'market', /GET \/v1\/markets/],
    ['a time in force that its type lacks', { ...BUY, timeInForce: 'GTC' }, 'timeInForce', /must be one of IOC for a MARKET/],
    ['a stop with FOK', { ...STOP, timeInForce: 'FOK' }, 'timeInForce', /must be one of GTC, GTT/],
    ['GTT without an end', { ...LIMIT, timeInForce: 'GTT' }, 'expiresAt', /is required with GTT/],
    ['an end without GTT', { ...LIMIT, expiresAt: '2026-11-28T00:00:00Z' }, 'expiresAt', /only to timeInForce GTT/],
    ['an end that is not a time', { ...LIMIT, timeInForce: 'GTT', expiresAt: 'tomorrow' }, 'expiresAt', /RFC 3339/],
    ['an unknown field', { ...BUY, quantity: '1' }, 'quantity', /not a field of an order/],
  ])('refuses %s and says what to send', (_, body, field, message) => {
    expect(problemsOf(body)[field]).toMatch(message)
  })

  it('names all faults at once', () => {
    expect(Object.keys(problemsOf({ ...LIMIT, side: 'UP', baseAmount: 1, price: '-2', timeInForce: 'NOW' }))).toEqual([
      'side',
      'baseAmount',
      'price',
      'timeInForce',
    ])
  })
})

describe('A7: the same key with one field changed', () => {
  it.each(Object.keys(marketBuy) as (keyof typeof marketBuy)[])('names %s', (field) => {
    const decimals = ['baseAmount', 'quoteAmount', 'price', 'stopPrice']
    expect(differingFields(marketBuy, { ...marketBuy, [field]: decimals.includes(field) ? '250.01' : 'other' })).toEqual([field])
  })

  it('is the same request when no field differs', () => {
    expect(differingFields(marketBuy, { ...marketBuy, quoteAmount: '250' })).toEqual([])
  })
})

describe('A6: an order that Paxos may not have', () => {
  it('may be sent until 23 h after the request, and never later', () => {
    const hour = 3_600_000
    expect([0, 22.99 * hour, 23 * hour, 24 * hour + 60_000].map((age) => mayStillBeSent(NOW, NOW + age))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
