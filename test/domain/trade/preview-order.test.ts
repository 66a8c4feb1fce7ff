import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Amount } from '../../../src/domain/money.ts'
import type { OrderRequest } from '../../../src/domain/trade/order.ts'
import { type MarketRules, previewOrder } from '../../../src/domain/trade/preview-order.ts'
import { limitSell, marketBuy } from './sample-order.ts'

const ETHUSD: MarketRules = {
  market: 'ETHUSD',
  baseAsset: 'ETH',
  quoteAsset: 'USD',
  tickRate: Amount.of('0.05'),
  minBaseAmount: Amount.of('0.0001'),
  maxBaseAmount: Amount.of('5000'),
  minQuoteAmount: Amount.of('0.01'),
  maxQuoteAmount: Amount.of('500000'),
  buy: { available: true, reason: null },
  sell: { available: true, reason: null },
}
const RICH = [
  { asset: 'USD', available: Amount.of('10000000') },
  { asset: 'ETH', available: Amount.of('10000') },
]
const limitsHit = (request: OrderRequest, market = ETHUSD, balances = RICH) =>
  previewOrder(request, market, balances).obstacles.map(({ limit, field, nearest }) => [limit, field, nearest])

describe('A21: a market limit', () => {
  it.each<[string, Partial<OrderRequest>, OrderRequest, unknown[]]>([
    ['one step below the smallest base amount', { baseAmount: '0.00009999' }, limitSell, [['min-base-amount', 'baseAmount', '0.0001']]],
    ['the smallest base amount', { baseAmount: '0.0001' }, limitSell, []],
    ['the largest base amount', { baseAmount: '5000', price: '1' }, limitSell, []],
    [
      'one step above the largest base amount',
      { baseAmount: '5000.00000001', price: '1' },
      limitSell,
      [['max-base-amount', 'baseAmount', '5000']],
    ],
    ['the smallest quote amount', { quoteAmount: '0.01' }, marketBuy, []],
    ['the largest quote amount', { quoteAmount: '500000' }, marketBuy, []],
    [
      'one step above the largest quote amount',
      { quoteAmount: '500000.01' },
      marketBuy,
      [
        ['max-quote-amount', 'quoteAmount', '500000'],
        ['max-market-notional', 'quoteAmount', '500000'],
      ],
    ],
    ['a price on the tick', { price: '2000.05' }, limitSell, []],
    ['a sale price between two ticks', { price: '2000.06' }, limitSell, [['tick-rate', 'price', '2000.1']]],
    ['a purchase price between two ticks', { side: 'BUY', price: '2000.06' }, limitSell, [['tick-rate', 'price', '2000.05']]],
    ["a limit order above Paxos's maximum", { baseAmount: '800', price: '2000' }, limitSell, [['max-limit-notional', 'baseAmount', '750']]],
  ])('is named for %s, with the nearest value that passes', (_, over, request, expected) => {
    expect(limitsHit({ ...request, ...over })).toEqual(expected)
  })

  it('stops the order before the call when the market is closed for that side', () => {
    const closed = { ...ETHUSD, sell: { available: false, reason: 'TRADING_SUSPENDED' } }
    expect(previewOrder(limitSell, closed, RICH).obstacles).toMatchObject([
      { limit: 'market-status', message: expect.stringContaining('TRADING_SUSPENDED') },
    ])
    expect(limitsHit(marketBuy, closed)).toEqual([])
  })

  it('does not apply when the market names none', () => {
    const bare = { ...ETHUSD, tickRate: null, minBaseAmount: null, maxBaseAmount: null, minQuoteAmount: null, maxQuoteAmount: null }
    expect(limitsHit({ ...limitSell, price: '2000.07', baseAmount: '0.00000001' }, bare)).toEqual([])
  })

  it('comes with an amount that passes', () => {
    const amounts = fc.tuple(fc.integer({ min: 1, max: 10 ** 9 }), fc.integer({ min: 1, max: 10 ** 8 }))
    fc.assert(
      fc.property(amounts, ([units, cents]) => {
        const request = {
          ...limitSell,
          baseAmount: String(Amount.of(String(units)).times(Amount.of('0.00001'))),
          price: String(Amount.of(String(cents)).times(Amount.of('0.01'))),
        }
        let next = request
        for (let round = 0; round < 4; round += 1) {
          for (const { field, nearest } of previewOrder(next, ETHUSD, RICH).obstacles)
            if (nearest !== null) next = { ...next, [field]: nearest }
        }
        expect(limitsHit(next)).toEqual([])
      }),
    )
  })
})

describe('the preview of an order', () => {
  it('says what the order pays and what stays available', () => {
    const preview = previewOrder(marketBuy, ETHUSD, [{ asset: 'USD', available: Amount.of('1000.50') }])
    expect(preview).toMatchObject({
      obstacles: [],
      pays: { asset: 'USD', amount: '250', availableAfter: '750.5' },
      commission: { asset: 'USD', amount: null, note: 'unknown until filled' },
      receives: { asset: 'ETH' },
    })
  })

  it.each<[string, OrderRequest, string, unknown[]]>([
    ['a purchase by quote', marketBuy, '100.999', [['available-balance', 'quoteAmount', '100.99']]],
    ['a purchase by base', { ...limitSell, side: 'BUY' }, '1000', [['available-balance', 'baseAmount', '0.5']]],
    ['a purchase without any funds', marketBuy, '0', [['available-balance', 'quoteAmount', null]]],
  ])('refuses %s above the balance, and names what is available', (_, request, available, expected) => {
    expect(limitsHit(request, ETHUSD, [{ asset: 'USD', available: Amount.of(available) }])).toEqual(expected)
  })

  it('A23: allows to sell the balance, not the amount once bought', () => {
    const afterFee = [{ asset: 'ETH', available: Amount.of('0.998') }]
    expect(limitsHit(limitSell, ETHUSD, afterFee)).toEqual([['available-balance', 'baseAmount', '0.998']])
  })

  it('A22: says beforehand what will remain and cannot be sold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 16n }), fc.bigInt({ min: 1n, max: 10n ** 16n }), (has, sells) => {
        const unit = Amount.of('0.00000001')
        const [available, baseAmount] = [Amount.of(String(has)).times(unit), Amount.of(String(sells)).times(unit)]
        const { dust } = previewOrder({ ...limitSell, baseAmount: String(baseAmount) }, ETHUSD, [{ asset: 'ETH', available }])
        const rest = available.minus(baseAmount)
        expect(dust).toBe(rest.isPositive() && rest.lessThan(Amount.of('0.0001')) ? String(rest) : null)
      }),
    )
  })
})

describe('A32: an account that a late return took below zero', () => {
  const owing = [{ asset: 'USD', available: Amount.of('-879.67') }, ...RICH.filter(({ asset }) => asset !== 'USD')]

  it('may not buy, and the refusal names the balance to cover', () => {
    expect(limitsHit(marketBuy, ETHUSD, owing)).toContainEqual(['negative-balance', 'side', null])
    const [first] = previewOrder(marketBuy, ETHUSD, owing).obstacles
    expect(first?.message).toContain('its USD balance is -879.67')
  })

  it('may not buy with another asset either, and may sell', () => {
    expect(limitsHit(marketBuy, { ...ETHUSD, quoteAsset: 'EUR' }, [...owing, { asset: 'EUR', available: Amount.of('1000') }])).toEqual([
      ['negative-balance', 'side', null],
    ])
    expect(limitsHit(limitSell, ETHUSD, owing)).toEqual([])
  })
})
