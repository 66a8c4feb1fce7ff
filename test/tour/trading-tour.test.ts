import { describe, expect, it } from 'vitest'
import { Amount } from '../../src/domain/money.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { completes, createWorld } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { openTrader } from './trader.ts'

const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }

forEachBackend((backend) => {
  describe('the guide, steps 7 to 12', () => {
    it('funds, buys, buys the same again, holds and sells, and the ledger matches the balances at each step', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      expect(await trader.balances()).toEqual({ USD: '10000' })
      expect(await trader.drift()).toEqual({})

      const bought = await trader.place('buy-1', BUY)
      const held = await trader.reaches(bought.orderId, 'filled')
      expect(held.executions.length).toBeGreaterThan(0)
      expect(await trader.drift()).toEqual({})
      const afterBuy = await trader.balances()
      expect(afterBuy.BTC).toBe(held.amountFilled)
      expect(Amount.of(afterBuy.USD ?? '0').lessThan(Amount.of('9750'))).toBe(true) // a commission was added

      const again = await trader.place('buy-1', BUY)
      expect(again.orderId).toBe(bought.orderId)
      expect(await trader.balances()).toEqual(afterBuy)

      const sold = await trader.place('sell-1', { side: 'SELL', market: 'BTCUSD', type: 'MARKET', baseAmount: held.amountFilled })
      await trader.reaches(sold.orderId, 'filled')
      const afterSale = await trader.balances()
      expect(afterSale.BTC ?? '0').toBe('0')
      expect(await trader.drift()).toEqual({})

      const quotes = await trader.useCases.listQuotes('BTCUSD')
      expect(quotes.map(({ side }) => side).sort()).toEqual(['BUY', 'SELL'])
      expect(quotes.every(({ expiresAt }) => Date.parse(expiresAt) > Date.now())).toBe(true)

      const audited = await pipeline.pool.query<{ action: string; entry: string }>(
        'SELECT action, audit_entry::text AS entry FROM audit_entry',
      )
      expect(audited.rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['deposit.make', 'order.place']))
      for (const { entry } of audited.rows)
        expect(entry, 'F63: an Idempotency-Key may hold anything, and the audit keeps it for ever').not.toMatch(/buy-1|sell-1/)

      await completes(pipeline)
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
      const notified = world.notices.deliveries.map(({ body }) => (JSON.parse(String(body)) as { type: string }).type)
      expect(notified).toEqual(['account.opened', 'onboarding.ready', 'deposit.completed', 'order.filled', 'order.filled'])
    })
  })
})
