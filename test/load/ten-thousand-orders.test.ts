import { describe, expect, it } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { eventually } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { useCasesOf } from '../tour/trader.ts'
import { inLanes, openReads, openTradingLoad, type TradingLoad } from './trading-load.ts'

/** `TRADE_ORDERS=10000` for the full size. */
const ORDERS = Number(process.env.TRADE_ORDERS ?? 300)
const CUSTOMERS = Math.ceil(ORDERS / 20)
/** 5 % in all: a dropped connection, a 5xx, or no answer, each after the order was made. */
const LOST = { 'act-then-drop': 0.02, 'act-then-answer': 0.02, 'act-then-silence': 0.01 } as const
const PLACE = 'POST /profiles/{profile_id}/orders'

forEachBackend((backend) => {
  describe(`A1: when ${ORDERS} orders of ${CUSTOMERS} customers are placed and 5 % of Paxos's answers are lost`, () => {
    it(`Paxos ends with exactly ${ORDERS} orders, none twice, and every customer's money is proved`, {
      timeout: Math.max(580, ORDERS / 10) * 1_000,
    }, async () => {
      const load = await openTradingLoad(backend, { customers: CUSTOMERS })
      const { sandbox } = load
      for (const [fault, ratio] of Object.entries(LOST)) sandbox.faults.arm({ on: PLACE, do: fault as keyof typeof LOST, ratio })
      const { orderIds, perSecond } = await placeAll(load)
      sandbox.faults.clear()
      expect(new Set(orderIds).size).toBe(ORDERS)
      const reads = await openReads(load)
      const settledInSeconds = await settled(load, reads)

      const created = sandbox.story.of('order-created')
      expect([created.length, new Set(created.map(({ refId }) => refId)).size]).toEqual([ORDERS, ORDERS])
      expect(new Set(created.map(({ refId }) => refId))).toEqual(new Set(orderIds.map((id) => `gatehouse-place-order-${id}`)))
      const lost = sandbox.story.of('call').filter(({ operation, outcome }) => operation === PLACE && outcome.startsWith('acted-then'))
      expect(lost.length).toBeGreaterThan(ORDERS / 100)
      await everyAccountIsProved(load, reads)
      const told = load.notices.deliveries.filter(({ body }) => body.includes('"order.filled"')).map(({ headers }) => headers['webhook-id'])
      expect([told.length, new Set(told).size]).toEqual([ORDERS, ORDERS])
      console.log(
        `${ORDERS} orders, ${CUSTOMERS} customers, ${lost.length} answers lost, ${perSecond.toFixed(1)} orders/s; ` +
          `the last settled ${settledInSeconds.toFixed(1)} s after the last was placed`,
      )
    })
  })
})

/** Each customer buys 20 times, with 32 requests at once. Every tenth request is repeated under its key. */
async function placeAll({ accountIds, call }: TradingLoad): Promise<{ orderIds: string[]; perSecond: number }> {
  const startedMs = performance.now()
  const orderIds: string[] = Array.from({ length: ORDERS })
  await inLanes(orderIds, async (_, index) => {
    const path = `/v1/accounts/${accountIds[index % accountIds.length]}/orders`
    const body = { side: 'BUY', market: index % 2 === 0 ? 'BTCUSD' : 'ETHUSD', type: 'MARKET', quoteAmount: `${10 + (index % 7)}.50` }
    const placed = await call('POST', path, { body, key: `load-${index}` })
    expect([201, 202], JSON.stringify(placed.body)).toContain(placed.status)
    if (index % 10 === 0) {
      const again = await call('POST', path, { body, key: `load-${index}` })
      expect(again.body.id).toBe(placed.body.id)
    }
    orderIds[index] = placed.body.id
  })
  return { orderIds, perSecond: (ORDERS / (performance.now() - startedMs)) * 1_000 }
}

/** Seconds until all orders are filled and no event is unfinished. */
async function settled({ call }: TradingLoad, { pool }: Pipeline): Promise<number> {
  const startedMs = performance.now()
  await eventually(
    async () => {
      const { rows } = await pool.query<{ open: number }>(
        `SELECT count(*)::int AS open FROM trade_order WHERE state <> 'filled' OR NOT settled`,
      )
      const { body } = await call('GET', '/v1/stats')
      return { open: rows[0]?.open, unfinished: body.inbox.accepted }
    },
    ({ open, unfinished }) => open === 0 && unfinished === 0,
    { withinMs: 180_000 },
  )
  return (performance.now() - startedMs) / 1_000
}

/** The opening balance plus every flow is the balance at Paxos, to the last unit, and every chain verifies. */
async function everyAccountIsProved({ accountIds }: TradingLoad, pipeline: Pipeline): Promise<void> {
  const { proveBalances } = useCasesOf(pipeline)
  await inLanes(accountIds, async (accountId) => {
    const { assets } = await proveBalances(accountId)
    expect(assets.filter(({ drift }) => !drift.isZero()).map(({ asset, drift }) => `${accountId}: ${drift} ${asset}`)).toEqual([])
    expect(assets.length).toBeGreaterThan(1)
  })
  expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
}
