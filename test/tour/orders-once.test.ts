import { describe, expect, it } from 'vitest'
import { completes, createWorld, eventually } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { openTrader, requestOf, TESTER } from './trader.ts'

const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }
const SELL_FAR = { side: 'SELL', market: 'ETHUSD', type: 'LIMIT', baseAmount: '1', price: '5000' }

forEachBackend((backend) => {
  describe('when the answer to an order is lost', () => {
    it.each([
      ['A1: the connection is dropped after the order was made', 'act-then-drop'],
      ['A4: the answer never comes', 'act-then-silence'],
      ['A1: Paxos answers 5xx after the order was made', 'act-then-answer'],
    ] as const)('and %s, exactly one order results, found by its ref_id', async (_, fault) => {
      const world = await createWorld(backend)
      const pipeline = await world.start({ paxosTimeoutMs: 500 })
      const trader = await openTrader(world, pipeline)
      world.sandbox.faults.arm({ on: 'POST /profiles/{profile_id}/orders', do: fault, next: 1 })
      const placed = await trader.place('buy-1', BUY)
      const filled = await trader.reaches(placed.orderId, 'filled')
      const { effects } = (await pipeline.trading.orderLedger.load(placed.orderId))!
      expect(effects.find(({ kind }) => kind === 'place-order')?.receipt).toMatchObject({ kind: 'order-placed', how: 'adopted' })
      expect(filled.timeline.map(({ kind, data }) => `${kind} ${data.to ?? ''}`)).toContain('order.moved unknown')
      await completes(pipeline)
      const { orders } = await pipeline.paxos.orders.list({ refIds: [`gatehouse-place-order-${placed.orderId}`] })
      expect(orders).toHaveLength(1)
      expect(await trader.drift()).toEqual({})
    })

    it('A5: no second order results when Paxos forgets the ref_id at once', async () => {
      const world = await createWorld(backend, { refIdMemoryMs: 0 })
      const pipeline = await world.start({ paxosTimeoutMs: 500 })
      const trader = await openTrader(world, pipeline)
      world.sandbox.faults.arm({ on: 'POST /profiles/{profile_id}/orders', do: 'act-then-drop', next: 1 })
      const placed = await trader.place('buy-1', BUY)
      await trader.reaches(placed.orderId, 'filled')
      await completes(pipeline)
      const { orders } = await pipeline.paxos.orders.list({ refIds: [`gatehouse-place-order-${placed.orderId}`] })
      expect(orders).toHaveLength(1)
    })

    it('A1: one order results when Paxos answers 504 without an order', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      world.sandbox.faults.arm({ on: 'POST /profiles/{profile_id}/orders', do: 'answer', status: 504, next: 1 })
      const placed = await trader.place('buy-1', BUY)
      await trader.reaches(placed.orderId, 'filled')
      const { orders } = await pipeline.paxos.orders.list({ refIds: [`gatehouse-place-order-${placed.orderId}`] })
      expect(orders).toHaveLength(1)
    })
  })

  describe('an order', () => {
    it('A2: has its key recorded before the first packet, and a second request with it makes no second order', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const both = await Promise.all([trader.place('same', BUY), trader.place('same', BUY), trader.place('same', BUY)])
      expect(new Set(both.map(({ orderId }) => orderId)).size).toBe(1)
      const entries = (await trader.reaches(both[0].orderId, 'filled')).timeline.map(({ kind }) => kind)
      expect(entries.indexOf('effect.intended')).toBeLessThan(entries.indexOf('effect.done'))
      const { orders } = await pipeline.paxos.orders.list({ refIds: [`gatehouse-place-order-${both[0].orderId}`] })
      expect(orders).toHaveLength(1)
    })

    it('A7: is refused under its key with another field, which is named', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const other = await openTrader(world, pipeline)
      await trader.place('key', BUY)
      const asked = (body: Record<string, unknown>, accountId = trader.accountId) =>
        trader.useCases.placeOrder({ accountId, idempotencyKey: 'key', request: requestOf(body) }, TESTER)
      await expect(asked({ ...BUY, quoteAmount: '250.01' })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        message: /quoteAmount/,
      })
      await expect(asked({ ...BUY, market: 'ETHUSD' })).rejects.toMatchObject({ message: /market/ })
      await expect(asked(BUY, other.accountId)).rejects.toMatchObject({ message: /accountId/ })
    })

    it('A11: is cancelled once Paxos says so, and the application is notified then', async () => {
      const world = await createWorld(backend, { cancelDelayMs: 400 })
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline, { fund: '5000.00' })
      const open = await trader.place('far', { side: 'BUY', market: 'BTCUSD', type: 'LIMIT', baseAmount: '0.01', price: '60000' })
      const before = await trader.balances()
      await trader.useCases.cancelOrder(open.orderId, TESTER)
      await trader.reaches(open.orderId, 'cancel_requested', 'cancelled')
      const ended = await trader.reaches(open.orderId, 'cancelled', 'filled')
      await completes(pipeline)
      const notified = world.notices.deliveries.map(({ body }) => (JSON.parse(String(body)) as { type: string }).type)
      expect(notified.at(-1)).toBe(`order.${ended.state}`)
      if (ended.state === 'cancelled') expect(await trader.balances()).toEqual(before)
      expect(await trader.drift()).toEqual({})
    })

    it('A18: moves the balances by half when it was filled by half and then cancelled', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const order = await trader.place('half', { ...BUY, quoteAmount: '666.11' })
      const ended = await trader.reaches(order.orderId, 'cancelled')
      expect(Number(ended.amountFilled)).toBeGreaterThan(0)
      expect((await trader.balances()).BTC).toBe(ended.amountFilled)
      expect(await trader.drift()).toEqual({})
    })

    it('A19: is read again after its end, gets further entries when Paxos annuls an execution, and is held for the contradiction', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const filled = await trader.reaches((await trader.place('bust', BUY)).orderId, 'filled')
      for (const { id } of filled.executions)
        await fetch(`${new URL(world.sandbox.apiUrl).origin}/_sandbox/executions/${id}/bust`, { method: 'POST' })
      const read = await eventually(
        () => trader.useCases.getOrder(filled.orderId),
        (order) => order?.executions.every(({ annulled }) => annulled) === true,
      )
      expect(read).toMatchObject({ state: 'held', reason: 'changed-after-its-end', amountFilled: '0' })
      expect(read?.timeline.filter(({ kind }) => kind === 'order.executed')).toHaveLength(filled.executions.length)
      expect(await trader.drift()).toEqual({})
    })

    it('A13: closes at once although executions are missing, and says that it is not settled', async () => {
      const world = await createWorld(backend, { hiddenExecutions: 1 })
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const order = await trader.place('hidden', BUY)
      const deadline = Date.now() + 10_000
      let seen = await trader.useCases.getOrder(order.orderId)
      while (seen?.state !== 'filled' && Date.now() < deadline) seen = await trader.useCases.getOrder(order.orderId)
      expect(seen).toMatchObject({ state: 'filled', settled: false })
      expect(await trader.drift()).not.toEqual({})
    })

    it('is rejected with the reason of Paxos, and the application is notified', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      const order = await trader.place('conditions', { ...BUY, quoteAmount: '666.13' })
      expect(order).toMatchObject({ state: 'rejected', reason: 'market-conditions-prevented-execution' })
      await completes(pipeline)
      const last = JSON.parse(String(world.notices.deliveries.at(-1)?.body)) as { type: string; data: { reason: string } }
      expect(last).toMatchObject({ type: 'order.rejected', data: { reason: 'market-conditions-prevented-execution' } })
    })
  })

  describe('an order that is refused before anything is sent', () => {
    it('A21, A23: names the limit and the nearest amount that would pass; another account is unknown; a frozen customer may not trade', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const trader = await openTrader(world, pipeline)
      await expect(trader.place('poor', { ...BUY, quoteAmount: '20000' })).rejects.toMatchObject({
        code: 'ORDER_NOT_POSSIBLE',
        errors: [{ field: 'quoteAmount', message: expect.stringContaining('the nearest valid value is 10000') }],
      })
      await expect(trader.place('nothing', SELL_FAR)).rejects.toMatchObject({ code: 'ORDER_NOT_POSSIBLE' })
      const elsewhere = { accountId: 'somebody-elses', idempotencyKey: 'k', request: requestOf(BUY) }
      await expect(trader.useCases.placeOrder(elsewhere, TESTER)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
      await expect(trader.place('unknown', { ...BUY, market: 'NOPEUSD' })).rejects.toMatchObject({ code: 'NO_SUCH_MARKET' })
      const { orders } = await pipeline.paxos.orders.list({ limit: 10 })
      expect(orders).toEqual([])
    })
  })
})
