import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { newOrder } from '../../src/domain/trade/order.ts'
import { openOrder } from '../../src/domain/trade/order-stream.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { inLanes, openReads, openTradingLoad, type TradingLoad } from './trading-load.ts'

/** `TRADE_ORDERS=10000` for the full size. */
const ORDERS = Number(process.env.TRADE_ORDERS ?? 300)
const CUSTOMERS = Math.ceil(ORDERS / 20)
/** This many orders end at Paxos one after the other, while the others stay open. */
const ENDING = Math.ceil(ORDERS / 30)
const ENDING_FOR_MS = Math.max(5_000, ENDING * 90)
/** Paxos's limit for each address (paxos/api.md 1.5), and the greatest delay that docs/performance.md states. */
const CALLS_PER_SECOND = 50
const P99_MS = 10_000

forEachBackend((backend) => {
  describe(`A17: when ${ORDERS} orders are open and ${ENDING} of them end at Paxos without an event`, () => {
    it('Gatehouse knows each end within 10 s at p99, with fewer than 50 calls of Paxos a second', { timeout: 580_000 }, async () => {
      const load = await openTradingLoad(backend, { customers: CUSTOMERS })
      const reads = await openReads(load)
      const { pool, paxos } = reads
      await openFarOrders(load, reads)
      const open = load.sandbox.story.of('order-created').filter((_, index) => index % Math.floor(ORDERS / ENDING) === 0)
      const startedAtMs = Date.now()
      for (const { profileId, orderId } of open) {
        await paxos.orders.cancel(profileId, orderId)
        await sleep(ENDING_FOR_MS / open.length)
      }
      const endedAtMs = Date.now()
      const ages: number[] = []
      for (const { orderId, atMs } of load.sandbox.story.of('order-closed')) {
        for (let seenAtMs: number | null = null; seenAtMs === null; ) {
          const { rows } = await pool.query<{ at: Date }>(
            `SELECT updated_at AS at FROM trade_order WHERE paxos_order_id = $1 AND state = 'cancelled'`,
            [orderId],
          )
          seenAtMs = rows[0]?.at.getTime() ?? null
          if (seenAtMs === null) await sleep(50)
          else ages.push(seenAtMs - atMs)
        }
      }
      const calls = callsOfTheBusiestSecond(load, { fromMs: startedAtMs, toMs: endedAtMs })
      ages.sort((one, other) => one - other)
      const [median, p99] = [0.5, 0.99].map((share) => ages[Math.ceil(ages.length * share) - 1] ?? Number.NaN)
      console.log(
        `${ORDERS} open orders, ${ages.length} ended: known after ${median} ms (median), ${p99} ms (p99); calls of Paxos: ${calls.most} in the ` +
          `busiest second, ${calls.mean.toFixed(1)} in the mean one`,
      )
      expect(ages).toHaveLength(open.length)
      expect(p99).toBeLessThan(P99_MS)
      expect(calls.mean).toBeLessThan(CALLS_PER_SECOND)
    })
  })
})

/** Far below the market, so that they stay open. They are committed as placed and read, since this test is about what comes after. */
async function openFarOrders({ sandbox }: TradingLoad, { paxos, trading }: Pipeline): Promise<void> {
  const accounts = sandbox.story.of('account-created')
  const far = { side: 'BUY', market: 'BTCUSD', type: 'LIMIT', baseAmount: '0.001', price: '1000' } as const
  const request = { ...far, quoteAmount: null, stopPrice: null, timeInForce: null, expiresAt: null }
  await inLanes(Array.from({ length: ORDERS }), async (_, index) => {
    const { accountId, identityId, profileId } = accounts[index % accounts.length]!
    const orderId = `order-${index.toString(16).padStart(32, '0')}`
    const place = { orderId, accountId, identityId, profileId: profileId ?? '', baseAsset: 'BTC', quoteAsset: 'USD' }
    const opened = openOrder(newOrder(place, request, Date.now()))
    const [effect] = opened.effects
    const wanted = { ...{ side: far.side, market: far.market, type: far.type, base_amount: far.baseAmount, price: far.price } }
    const ids = { ref_id: effect!.key, identity_id: identityId, identity_account_id: accountId }
    const { id: paxosOrderId } = await paxos.orders.create(place.profileId, { ...wanted, ...ids })
    const receipt = { kind: 'order-placed', paxosOrderId, how: 'created' }
    const draft = {
      ...opened,
      order: { ...opened.order, state: 'open' as const, paxosOrderId },
      effects: [{ ...effect!, state: 'done' as const, attempts: 1, receipt }],
    }
    expect(await trading.orderLedger.commit({ before: null, draft, actor: 'test', at: new Date() })).not.toBeNull()
  })
}

/** Of all calls except the cancellations, which this test makes itself. */
function callsOfTheBusiestSecond({ sandbox }: TradingLoad, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  const calls = sandbox.story.of('call').filter(({ operation, atMs }) => !operation.startsWith('DELETE') && atMs >= fromMs && atMs < toMs)
  const bySecond = Map.groupBy(calls, ({ atMs }) => Math.floor((atMs - fromMs) / 1_000))
  const counts = [...bySecond.values()].map(({ length }) => length)
  return { most: Math.max(0, ...counts), mean: calls.length / ((toMs - fromMs) / 1_000) }
}
