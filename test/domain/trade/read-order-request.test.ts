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

describe('reading an order', () => {
  it('takes a market buy, a limit sale and a stop as they were sent', () => {
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
    ['three decimals of a dollar', { ...BUY, quoteAmount: '1.005' }, 'quoteAmount', /3 decimals; at most 2/],
    ['a number', { ...BUY, quoteAmount: 250 }, 'quoteAmount', /is a number; send a decimal string/],
    ['both amounts', { ...BUY, baseAmount: '1' }, 'baseAmount', /not taken by a MARKET BUY/],
    ['neither amount', { ...BUY, quoteAmount: undefined }, 'quoteAmount', /is missing/],
    ['a market sale by quote', { ...BUY, side: 'SELL' }, 'quoteAmount', /not taken/],
    ['a limit without its price', { ...LIMIT, price: null }, 'price', /is missing/],
    ['a price on a market order', { ...BUY, price: '1' }, 'price', /not taken/],
    ['a stop that buys', { ...STOP, side: 'BUY' }, 'side', /must be SELL/],
    ['a side that is none', { ...BUY, side: 'HOLD' }, 'side', /must be one of BUY, SELL/],
    ['a type that is none', { ...BUY, type: 'ICEBERG' }, 'type', /must be one of MARKET/],
    ['a market that can be none', { ...BUY, market: 'eth-usd' }, 'market', /GET \/v1\/markets/],
    ['a time in force that the type lacks', { ...BUY, timeInForce: 'GTC' }, 'timeInForce', /must be one of IOC for a MARKET/],
    ['FOK on a stop', { ...STOP, timeInForce: 'FOK' }, 'timeInForce', /must be one of GTC, GTT/],
    ['GTT without an end', { ...LIMIT, timeInForce: 'GTT' }, 'expiresAt', /is missing/],
    ['an end without GTT', { ...LIMIT, expiresAt: '2026-11-28T00:00:00Z' }, 'expiresAt', /GTT only/],
    ['an end that is no time', { ...LIMIT, timeInForce: 'GTT', expiresAt: 'tomorrow' }, 'expiresAt', /RFC 3339/],
    ['a field that is none', { ...BUY, quantity: '1' }, 'quantity', /not a field of an order/],
  ])('refuses %s and says what to send', (_, body, field, message) => {
    expect(problemsOf(body)[field]).toMatch(message)
  })

  it('names everything that is wrong at once', () => {
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

  it('is the same request when nothing differs', () => {
    expect(differingFields(marketBuy, { ...marketBuy, quoteAmount: '250' })).toEqual([])
  })
})

describe('A6: an order that is not known to be at Paxos', () => {
  it('may be sent until 23 h after it was asked for, and never again', () => {
    const hour = 3_600_000
    expect([0, 22.99 * hour, 23 * hour, 24 * hour + 60_000].map((age) => mayStillBeSent(NOW, NOW + age))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
