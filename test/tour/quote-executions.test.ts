import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import type { ExecuteQuote } from '../../src/operate/trading/execute-quote.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { openTrader, TESTER, type Trader } from './trader.ts'

const SETTLED = { state: 'settled' }

async function quoteOf({ useCases }: Trader, side: 'BUY' | 'SELL') {
  const quote = (await useCases.listQuotes('BTCUSD')).find((each) => each.side === side)
  if (!quote) throw new Error(`there is no ${side} quote`)
  return quote
}

async function execute(trader: Trader, key: string, asked: Partial<ExecuteQuote> & { quoteId: string }) {
  const { accountId, useCases } = trader
  const whole = { accountId, idempotencyKey: key, baseAmount: null, quoteAmount: null, ...asked }
  return (await useCases.executeQuote(whole, TESTER)).execution
}

async function ends({ useCases }: Trader, executionId: string, withinMs = 40_000) {
  const ended = await eventually(
    () => useCases.getQuoteExecution(executionId),
    (seen) => seen !== null && ['settled', 'rejected', 'held'].includes(seen.state),
    { withinMs },
  )
  if (!ended) throw new Error('unreachable')
  return ended
}

forEachBackend((backend) => {
  const withTrader = async (work: (trader: Trader, pipeline: Pipeline) => Promise<void>): Promise<void> => {
    const world = await createWorld(backend)
    const pipeline = await world.start()
    await work(await openTrader(world, pipeline), pipeline)
  }

  describe('the execution of a held-rate quote', () => {
    it('buys and sells at the price of the quote, once per key, and its money is proved', { timeout: 60_000 }, () =>
      withTrader(async (trader, pipeline) => {
        const toBuy = await quoteOf(trader, 'BUY')
        const bought = await execute(trader, 'buy', { quoteId: toBuy.id, quoteAmount: '250.00' })
        const settled = await ends(trader, bought.executionId)
        expect(settled).toMatchObject({ ...SETTLED, price: String(toBuy.price), executedQuote: '250' })
        expect(await trader.drift()).toEqual({})
        expect((await trader.balances()).BTC).toBe(settled.executedBase)

        const again = await execute(trader, 'buy', { quoteId: toBuy.id, quoteAmount: '250.0' })
        expect(again.executionId).toBe(bought.executionId)
        expect(await trader.balances()).toMatchObject({ USD: '9750' })

        const toSell = await quoteOf(trader, 'SELL')
        const sold = await execute(trader, 'sell', { quoteId: toSell.id, baseAmount: settled.executedBase ?? '' })
        expect(await ends(trader, sold.executionId)).toMatchObject(SETTLED)
        expect(await trader.drift()).toEqual({})
        expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
        const { items } = await trader.useCases.listQuoteExecutions({ accountId: trader.accountId, limit: 10 })
        expect(items.map(({ executionId }) => executionId)).toEqual([sold.executionId, bought.executionId])
      }),
    )

    it('A7: is refused under a used key with another field, which is named', { timeout: 60_000 }, () =>
      withTrader(async (trader) => {
        const { id: quoteId } = await quoteOf(trader, 'BUY')
        await execute(trader, 'key', { quoteId, quoteAmount: '250.00' })
        const changed = { quoteId: { quoteId: 'another' }, quoteAmount: { quoteAmount: '251' }, accountId: { accountId: 'another' } }
        for (const [field, change] of Object.entries(changed)) {
          const asked = execute(trader, 'key', { quoteId, quoteAmount: '250.00', ...change })
          await expect(asked).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', message: expect.stringContaining(field) })
        }
      }),
    )

    it('A25: is not sent with less than two seconds left of the quote', { timeout: 60_000 }, () =>
      withTrader(async (trader, pipeline) => {
        const { id: quoteId } = await quoteOf(trader, 'BUY')
        await pipeline.pool.query(`UPDATE held_quote SET expires_at = now() + interval '1900 milliseconds' WHERE quote_id = $1`, [quoteId])
        await expect(execute(trader, 'late', { quoteId, quoteAmount: '250.00' })).rejects.toMatchObject({ code: 'QUOTE_EXPIRED' })
        await expect(execute(trader, 'never', { quoteId: 'nowhere', quoteAmount: '250.00' })).rejects.toMatchObject({
          code: 'NO_SUCH_QUOTE',
        })
        expect(await trader.useCases.listQuoteExecutions({ limit: 10 })).toMatchObject({ items: [] })
        expect(await trader.balances()).toEqual({ USD: '10000' })
      }),
    )

    it('is rejected when Paxos refuses it, and moves nothing', { timeout: 60_000 }, () =>
      withTrader(async (trader) => {
        const { id: quoteId } = await quoteOf(trader, 'BUY')
        const { executionId } = await execute(trader, 'much', { quoteId, quoteAmount: '20000.00' })
        expect(await ends(trader, executionId)).toMatchObject({ state: 'rejected', reason: 'insufficient-funds' })
        expect(await trader.drift()).toEqual({})
      }),
    )
  })
})
