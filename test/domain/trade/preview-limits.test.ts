import { describe, expect, it } from 'vitest'
import { Amount } from '../../../src/domain/money.ts'
import type { OrderRequest } from '../../../src/domain/trade/order.ts'
import { type MarketRules, previewOrder } from '../../../src/domain/trade/preview-order.ts'
import { limitSell, marketBuy } from './sample-order.ts'

const BTCUSD: MarketRules = {
  ...{ market: 'BTCUSD', baseAsset: 'BTC', quoteAsset: 'USD', tickRate: null },
  ...{ minBaseAmount: Amount.of('0.001'), maxBaseAmount: null, minQuoteAmount: Amount.of('10'), maxQuoteAmount: null },
  buy: { available: true, reason: null },
  sell: { available: true, reason: null },
}
const RICH = [
  { asset: 'USD', available: Amount.of('10000000') },
  { asset: 'BTC', available: Amount.of('10000') },
]
const preview = (request: OrderRequest, market: Partial<MarketRules> = {}, balances = RICH) =>
  previewOrder(request, { ...BTCUSD, ...market }, balances)
const limits = (...args: Parameters<typeof preview>) =>
  preview(...args).obstacles.map(({ limit, field, nearest }) => [limit, field, nearest])
const balance = (asset: string, available: string) => [{ asset, available: Amount.of(available) }]

describe('A21: what an order is worth', () => {
  it.each<[string, OrderRequest, Partial<MarketRules>, unknown[]]>([
    ['a limit order of BTC up to 1,500,000 USD', { ...limitSell, baseAmount: '750', price: '2000' }, {}, []],
    [
      'a limit order of BTC above it',
      { ...limitSell, baseAmount: '751', price: '2000' },
      {},
      [['max-limit-notional', 'baseAmount', '750']],
    ],
    [
      'a limit order of another asset above 1,000,000 USD',
      { ...limitSell, baseAmount: '501', price: '2000' },
      { baseAsset: 'SOL' },
      [
        ['max-limit-notional', 'baseAmount', '500'],
        ['available-balance', 'baseAmount', null],
      ],
    ],
    [
      'a stop at market above 500,000 USD',
      { ...limitSell, type: 'STOP_MARKET', baseAmount: '251', price: null, stopPrice: '2000' },
      {},
      [['max-market-notional', 'baseAmount', '250']],
    ],
    ['a market that is not in USD', { ...limitSell, baseAmount: '751', price: '2000' }, { quoteAsset: 'EUR' }, []],
    ['a sale at market, whose worth is not known', { ...limitSell, type: 'MARKET', baseAmount: '5000', price: null }, {}, []],
  ])('is limited for %s', (_, request, market, expected) => {
    expect(limits(request, market)).toEqual(expected)
  })

  it('is rounded up to a cent, as a buyer pays', () => {
    const request = { ...limitSell, side: 'BUY', baseAmount: '0.00100001', price: '10001' } as const
    expect(preview(request).pays).toMatchObject({ asset: 'USD', amount: '10.01' })
  })

  it('says so in words', () => {
    const [above] = preview({ ...limitSell, baseAmount: '751', price: '2000' }).obstacles
    expect(above?.message).toBe('comes to 1502000 USD; Paxos takes 1500000 USD at most in one limit order')
    const [market] = preview({ ...marketBuy, quoteAmount: '500001' }).obstacles
    expect(market?.message).toContain('500000 USD at most in one market order')
  })
})

describe('A21: the smallest amount of a market', () => {
  it.each<[OrderRequest, string, string]>([
    [{ ...marketBuy, quoteAmount: '9.99' }, 'min-quote-amount', 'quoteAmount'],
    [{ ...limitSell, baseAmount: '0.0009' }, 'min-base-amount', 'baseAmount'],
  ])('of %o is named as %s', (request, limit, field) => {
    const [obstacle] = preview(request).obstacles
    expect(obstacle).toMatchObject({ limit, field })
    expect(obstacle?.message).toMatch(/^is [\d.]+; the smallest of BTCUSD is [\d.]+$/)
  })
})

describe('a closed market', () => {
  it('is named without a reason when Paxos gives none', () => {
    expect(preview(limitSell, { sell: { available: false, reason: null } }).obstacles[0]).toEqual({
      ...{ limit: 'market-status', field: 'market', message: 'BTCUSD does not accept a SELL order now', nearest: null },
    })
  })
})

describe('what the account has', () => {
  it('is nothing of an asset that Paxos does not list', () => {
    expect(limits(limitSell, {}, balance('USD', '1000'))).toEqual([['available-balance', 'baseAmount', null]])
  })

  it('limits a purchase by its price, and says what is missing', () => {
    const request = { ...limitSell, side: 'BUY', baseAmount: '1', price: '3000' } as const
    const { obstacles } = preview(request, {}, balance('USD', '1000'))
    expect(obstacles).toEqual([
      {
        ...{ limit: 'available-balance', field: 'baseAmount', nearest: '0.33333333' },
        message: 'takes 3000 USD; 1000 USD is available',
      },
    ])
  })

  it('limits a purchase by amount at any price', () => {
    const request = { ...limitSell, type: 'LIMIT', side: 'BUY', baseAmount: null, quoteAmount: '2000' } as const
    expect(limits(request, {}, balance('USD', '1000'))).toEqual([['available-balance', 'quoteAmount', '1000']])
  })

  it('says what is received, and knows no rest of a purchase whose price is open', () => {
    expect(preview(limitSell)).toMatchObject({ pays: { asset: 'BTC' }, receives: { asset: 'USD' } })
    const open = { ...limitSell, type: 'MARKET', side: 'BUY', price: null } as const
    expect(preview(open)).toMatchObject({ obstacles: [], dust: null, pays: { asset: 'USD', amount: null, availableAfter: null } })
  })

  it('A22: leaves no dust behind a purchase', () => {
    expect(preview({ ...marketBuy, quoteAmount: '999.9995' }, {}, balance('USD', '1000')).dust).toBeNull()
  })
})
