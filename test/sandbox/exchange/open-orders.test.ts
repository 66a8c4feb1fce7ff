import { expect, it } from 'vitest'
import type { NewOrder } from '../../../src/sandbox/exchange/order.ts'
import { decimal } from '../../../src/sandbox/money/decimal.ts'
import { startTrader } from './trader.ts'

it('A17: evaluates 10,000 open orders in less than a second, and lists them by filter in pages', async () => {
  const { sandbox, profileId, call, accountId, identityId } = await startTrader({ fillDelayMs: 0 })
  await call('POST', `/sandbox/profiles/${profileId}/deposit`, { asset: 'USD', amount: '100000000' })
  const wanted: Omit<NewOrder, 'refId'> = {
    ...{ profileId, identityId, accountId, recipientProfileId: null, metadata: null, selfMatchPreventionId: null },
    ...{ baseAmount: decimal('1'), quoteAmount: null, price: decimal('3000'), stopPrice: null, expiresAtMs: null, market: 'ETHUSD' },
    side: 'BUY',
    type: 'LIMIT',
    timeInForce: 'GTC',
  }
  for (let n = 0; n < 10_000; n++) sandbox.exchange.place({ ...wanted, refId: `open-${n}` }, null)
  await expect.poll(() => [...sandbox.orders.open].every(({ status }) => status === 'OPEN'), { timeout: 20_000, interval: 100 }).toBe(true)
  const startedAtMs = performance.now()
  sandbox.exchange.matchOpenOrders()
  const tookMs = performance.now() - startedAtMs
  expect(tookMs).toBeLessThan(1_000)
  let cursor = ''
  let listed = 0
  do {
    const { items, next_page_cursor } = (await call('GET', `/orders?status=OPEN&limit=1000&page_cursor=${cursor}`)).body
    listed += items.length
    cursor = next_page_cursor
  } while (cursor !== '')
  expect(listed).toBe(10_000)
  process.stdout.write(`10,000 open orders looked at in ${Math.round(tookMs)} ms\n`)
}, 60_000)
