import { describe, expect, it } from 'vitest'
import { decimal, ZERO } from '../../../src/sandbox/money/decimal.ts'
import { SeededRandom } from '../../../src/sandbox/world/seeded-random.ts'
import { startTrader } from './trader.ts'

const MARKETS = ['BTCUSD', 'ETHUSD', 'LTCUSD', 'SHIBUSD', 'XLMUSD'] as const
const PRICES: Readonly<Record<string, readonly [string, string]>> = {
  BTCUSD: ['63900.00', '64100.00'],
  ETHUSD: ['3190.00', '3210.00'],
  LTCUSD: ['81.50', '82.50'],
  SHIBUSD: ['0.0000184', '0.0000186'],
  XLMUSD: ['0.1090', '0.1110'],
}

describe('330 orders of all kinds while the market moves', () => {
  it.each([1, 2, 3])('A28: conserve every asset to the last unit with seed %i', async (seed) => {
    const trader = await startTrader({ fillParts: 3, fillDelayMs: 0, cancelDelayMs: 0, commissionRate: '0.003517', magicAmounts: true })
    const { sandbox, order, control, call, profileId } = trader
    const random = new SeededRandom(seed)
    for (const asset of ['USD', 'BTC', 'ETH', 'LTC', 'SHIB', 'XLM']) await trader.deposit('1000000', asset)
    for (let n = 0; n < 330; n++) {
      const pick = <T>(what: string, from: readonly T[]): T => from[Math.floor(random.fraction(what, n) * from.length)] as T
      const market = pick('market', MARKETS)
      const side = pick('side', ['BUY', 'SELL'] as const)
      const type = pick('type', ['MARKET', 'LIMIT', 'LIMIT', 'POST_ONLY_LIMIT'] as const)
      const amount = (random.fraction('amount', n) * 3 + 0.00000001).toFixed(8)
      const size =
        type === 'MARKET' && side === 'BUY'
          ? { quote_amount: (random.fraction('cash', n) * 900 + 0.01).toFixed(2) }
          : { base_amount: amount }
      const price =
        type === 'MARKET' ? {} : { price: pick('price', PRICES[market] ?? []), time_in_force: pick('time', ['GTC', 'IOC', 'FOK']) }
      const { status, body } = await order({ side, market, type, ...size, ...price })
      expect([status, body.detail]).toEqual([200, undefined])
      if (n % 7 === 0) await call('DELETE', `/profiles/${profileId}/orders/${body.id}`)
      if (n % 25 === 0) await control('POST', `/markets/${market}`, { price: pick('move', PRICES[market] ?? []) })
    }
    await expect.poll(() => [...sandbox.orders.open].every(({ status }) => status === 'OPEN'), { timeout: 10_000 }).toBe(true)
    for (const asset of ['USD', 'BTC', 'ETH', 'LTC', 'SHIB', 'XLM']) {
      expect(sandbox.balances.imbalance(asset).toFixed()).toBe('0')
      const held = [...sandbox.orders.open]
        .filter(({ side, market }) => asset === (side === 'BUY' ? market.slice(-3) : market.slice(0, -3)))
        .reduce((sum, open) => sum.plus(open.held), ZERO)
      expect([asset, sandbox.balances.balance(`trading ${profileId}`, asset).toFixed()]).toEqual([asset, held.toFixed()])
    }
    for (const { id, filled, gross } of sandbox.orders.all) {
      const executions = sandbox.executions.ofOrder(id)
      expect(executions.reduce((sum, { amount }) => sum.plus(amount), ZERO).eq(filled)).toBe(true)
      expect(executions.reduce((sum, execution) => sum.plus(execution.gross), ZERO).eq(gross)).toBe(true)
    }
    for (const { from, to, amount } of sandbox.balances.postings) expect([from === to, amount.gt(decimal('0'))]).toEqual([false, true])
    expect(sandbox.executions.all.length).toBeGreaterThan(100)
  })
})
