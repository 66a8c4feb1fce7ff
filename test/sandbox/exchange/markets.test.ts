import { describe, expect, it } from 'vitest'
import { SettingsSchema } from '../../../src/sandbox/control/sandbox-settings.ts'
import { MarketPrices } from '../../../src/sandbox/exchange/market-prices.ts'
import { MARKETS } from '../../../src/sandbox/exchange/markets.ts'
import { decimal } from '../../../src/sandbox/money/decimal.ts'
import { SeededRandom } from '../../../src/sandbox/world/seeded-random.ts'
import { startSandbox } from '../start-sandbox.ts'
import { startTrader } from './trader.ts'

describe('public market data', () => {
  it.each([
    '/markets',
    '/markets/BTCUSD/order-book',
    '/markets/BTCUSD/ticker',
    '/markets/BTCUSD/recent-executions',
    '/all-markets/prices?markets=BTCUSD',
  ])('GET %s needs no token', async (path) => {
    const { call } = await startSandbox()
    expect((await call('GET', path, undefined, { token: null })).status).toBe(200)
  })

  it('has the steps and limits of every market', async () => {
    const { call } = await startSandbox()
    const { markets } = (await call('GET', '/markets')).body as unknown as { markets: Record<string, string>[] }
    expect(markets).toHaveLength(33)
    expect(markets.find(({ market }) => market === 'BTCUSD')).toMatchObject({ tick_rate: '0.25', min_base_amount: '0.00000001' })
    expect(markets.find(({ market }) => market === 'ETHUSD')).toMatchObject({ tick_rate: '0.05', max_quote_amount: '500000' })
  })

  it('has a book with bids below asks, on the tick, and a ticker that agrees with it', async () => {
    const { call } = await startSandbox({ priceStepMs: 0 })
    for (const market of MARKETS.values()) {
      const { asks, bids } = (await call('GET', `/markets/${market.market}/order-book`)).body as unknown as Record<
        string,
        { price: string }[]
      >
      expect(decimal(bids![0]!.price).lt(asks![0]!.price)).toBe(true)
      for (const { price } of [...asks!, ...bids!]) expect(decimal(price).mod(market.tick).eq('0')).toBe(true)
      if (market.quote !== 'USD') continue
      const ticker = (await call('GET', `/markets/${market.market}/ticker`)).body
      expect([ticker.best_ask, ticker.best_bid]).toMatchObject([asks![0], bids![0]])
    }
  })

  it('is answered 400 with the documented text when the market is unknown', async () => {
    const { call } = await startSandbox()
    expect((await call('GET', '/markets/USBTC/ticker')).body).toMatchObject({ status: 400, detail: 'invalid market USBTC' })
    expect((await call('GET', '/all-markets/prices')).body.detail).toBe('markets: is required')
  })

  it('A24: shows an old price with its old time when told to be stale', async () => {
    const { call, control } = await startSandbox({ priceStepMs: 0 })
    await control('PATCH', '/settings', { stalePricesMs: 60_000 })
    await control('POST', '/markets/ETHUSD', { price: '4000' })
    const [price] = (await call('GET', '/all-markets/prices?markets=ETHUSD')).body.items as unknown as Record<string, string>[]
    expect(price?.current_price).toBe('3200')
    expect(Date.now() - Date.parse(price?.snapshot_at ?? '')).toBeGreaterThan(59_000)
  })
})

describe('the price walk', () => {
  const walk = (seed: number): string[] => {
    const prices = new MarketPrices({ settings: SettingsSchema.parse({ priceStepMs: 1 }), random: new SeededRandom(seed) })
    const market = MARKETS.get('BTCUSD')!
    prices.mid(market)
    const until = Date.now() + 60
    while (Date.now() < until) prices.mid(market)
    return prices
      .history(market)
      .map(({ mid }) => mid.toFixed())
      .slice(0, 40)
  }

  it('takes the same steps for the same seed, and other steps for another seed', () => {
    expect(walk(7)).toHaveLength(40)
    expect(walk(7)).toEqual(walk(7))
    expect(walk(7)).not.toEqual(walk(8))
  })
})

describe('balances', () => {
  it('lists the requested assets, or every asset of the profile', async () => {
    const { call, profileId } = await startTrader()
    expect((await call('GET', `/profiles/${profileId}/balances?assets=ETH&assets=USD`)).body.items).toEqual([
      { asset: 'ETH', available: '0', trading: '0' },
      { asset: 'USD', available: '10000', trading: '0' },
    ])
    expect((await call('GET', `/profiles/${profileId}/balances`)).body.items).toEqual([{ asset: 'USD', available: '10000', trading: '0' }])
    expect((await call('GET', `/profiles/${profileId}/balances/XYZ`)).status).toBe(400)
    expect((await call('GET', '/profiles/nothing/balances')).status).toBe(404)
  })

  it.each<[string, Record<string, unknown>]>([
    ['amount', { asset: 'USD', amount: '-1' }],
    ['amount', { asset: 'USD', amount: 5 }],
    ["amount invalid: invalid amount '0'", { asset: 'USD', amount: '0' }],
    ['max precision allowed for asset USD is 2', { asset: 'USD', amount: '0.001' }],
    ['crypto_network: is required', { asset: 'BTC', amount: '1' }],
    ['crypto_network: must not be set', { asset: 'USD', amount: '1', crypto_network: 'BITCOIN' }],
    ['invalid asset XYZ', { asset: 'XYZ', amount: '1' }],
    ['asset', { amount: '1' }],
    ['colour: unknown field', { asset: 'USD', amount: '1', colour: 'red' }],
  ])('refuses a deposit with 400: %s', async (detail, body) => {
    const { call, profileId, balance } = await startTrader()
    const answer = await call('POST', `/sandbox/profiles/${profileId}/deposit`, body)
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(detail)])
    expect((await balance('USD')).available).toBe('10000')
  })
})
