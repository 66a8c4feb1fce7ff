import { describe, expect, it } from 'vitest'
import { type ClosingSnapshot, DISABLE_ACCOUNT, openClosing, SELL_HOLDINGS } from '../../src/domain/account/account-closing.ts'
import { intendedEffect } from '../../src/domain/effect.ts'
import { Amount } from '../../src/domain/money.ts'
import type { Order } from '../../src/domain/trade/order.ts'
import { accountClosingEffects } from '../../src/effects/account-closing-effects.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const ID = `closing-${'a'.repeat(32)}`
const SALE = { asset: 'BTC', market: 'BTCUSD', quoteAsset: 'USD', amount: '1.5', orderId: null }

function effectOf(kind: string, { number = 1, usd = '0', known }: { number?: number; usd?: string; known?: Partial<Order> } = {}) {
  const placed: Order[] = []
  const disabled: string[] = []
  const paxos = {
    balances: { list: async () => [{ asset: 'USD', available: Amount.of(usd), trading: Amount.zero }] },
    accounts: { disable: async (id: string) => void disabled.push(id) },
  } as unknown as PaxosClient // nothing else is asked
  const effects = accountClosingEffects({
    paxos,
    now: () => 7,
    cancelOrders: async () => undefined,
    placeOrder: async (order) => {
      placed.push(order)
      return { ...order, ...known }
    },
  })
  const {
    entries: _,
    attempted: __,
    ...opened
  } = openClosing({ closingId: ID, accountId: 'account', identityId: 'identity', profileId: 'profile' }, 0)
  const snapshot: ClosingSnapshot = { ...opened, closing: { ...opened.closing, sales: [SALE] } }
  const effect = intendedEffect(ID, { kind, number })
  const perform = () => effects.find((each) => each.kind === kind)!.perform({ streamId: ID, snapshot, effect, priority: 'live' })
  return { perform, placed, disabled }
}

describe('A45: the effects of a closing', () => {
  it('sell under an id that follows from the closing and the round alone, the same for each attempt', async () => {
    const one = effectOf(SELL_HOLDINGS)
    await one.perform()
    await one.perform()
    const two = effectOf(SELL_HOLDINGS, { number: 2 })
    await two.perform()
    const [first, again] = one.placed.map(({ orderId }) => orderId)
    expect(first).toMatch(/^order-[0-9a-f]{32}$/)
    expect(again).toBe(first)
    expect(two.placed[0]?.orderId).not.toBe(first)
    expect(one.placed[0]).toMatchObject({ side: 'SELL', type: 'MARKET', baseAmount: '1.5', accountId: 'account', profileId: 'profile' })
  })

  it.each([{ accountId: 'other' }, { side: 'BUY' as const }, { market: 'ETHUSD' }])(
    'refuse a different order under that id: %o',
    async (known) => {
      await expect(effectOf(SELL_HOLDINGS, { known }).perform()).rejects.toMatchObject({ code: 'SALE_MISMATCH', retry: 'never' })
    },
  )

  it('disable no account that money has reached since the decision', async () => {
    const full = effectOf(DISABLE_ACCOUNT, { usd: '0.01' })
    expect(await full.perform()).toEqual({ kind: 'account-not-empty' })
    expect(full.disabled).toEqual([])
    const empty = effectOf(DISABLE_ACCOUNT)
    expect(await empty.perform()).toEqual({ kind: 'account-disabled', how: 'sent' })
    expect(empty.disabled).toEqual(['account'])
  })
})
