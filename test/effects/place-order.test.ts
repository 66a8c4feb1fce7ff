import { describe, expect, it } from 'vitest'
import type { OrderSnapshot } from '../../src/domain/trade/order-stream.ts'
import { openOrder } from '../../src/domain/trade/order-stream.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { placeOrderEffect } from '../../src/effects/place-order.ts'
import type { NewOrder, PaxosOrder } from '../../src/paxos/orders.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { sampleOrder } from '../domain/trade/sample-order.ts'

const HOUR = 3_600_000
const KEY = 'gatehouse-place-order-order-1'

/** A Paxos that has these orders and accepts any new one. */
function paxosWith(known: readonly Partial<PaxosOrder>[]) {
  const created: NewOrder[] = []
  const orders = {
    list: async () => ({
      orders: known.map((order) => ({ side: '', market: '', profileId: null, refId: KEY, ...order })),
      nextCursor: null,
    }),
    create: async (_profileId: string, order: NewOrder) => {
      created.push(order)
      return { id: 'new', status: 'OPEN', refId: order.ref_id, profileId: null, side: '', market: '' }
    },
  }
  return { paxos: { orders } as unknown as PaxosClient, created } // the effect makes no other calls
}

function taskAt(attempts: number): EffectTask<OrderSnapshot> {
  const snapshot = openOrder(sampleOrder({ requestedAt: 0 }))
  const [effect] = snapshot.effects
  return { streamId: 'order-1', snapshot, effect: { ...effect!, attempts }, priority: 'live' }
}

describe('placing an order', () => {
  it('A6: adopts the order under the ref_id 24 h and a minute later, and sends nothing', async () => {
    const { paxos, created } = paxosWith([{ id: 'old', status: 'FILLED' }])
    const effect = placeOrderEffect(paxos, { now: () => 24 * HOUR + 60_000 })
    expect(await effect.find?.(taskAt(1))).toEqual({ kind: 'order-placed', paxosOrderId: 'old', how: 'adopted', status: 'FILLED' })
    expect(created).toEqual([])
  })

  it.each([
    ['22 h 59 min', 22 * HOUR + 59 * 60_000, { kind: 'order-placed', paxosOrderId: 'new', how: 'created', status: 'OPEN' }, 1],
    ['23 h', 23 * HOUR, { kind: 'order-refused', reason: 'not-placed-in-time' }, 0],
    ['24 h and a minute', 24 * HOUR + 60_000, { kind: 'order-refused', reason: 'not-placed-in-time' }, 0],
  ])('A6: of an order that Paxos does not have, after %s', async (_, now, receipt, sent) => {
    const { paxos, created } = paxosWith([])
    expect(await placeOrderEffect(paxos, { now: () => now }).perform(taskAt(0))).toEqual(receipt)
    expect(created).toHaveLength(sent)
  })

  it('sends the order under the key of its effect, with identity and account', async () => {
    const { paxos, created } = paxosWith([])
    await placeOrderEffect(paxos, { now: () => 0 }).perform(taskAt(0))
    expect(created).toEqual([
      {
        ...{ ref_id: KEY, side: 'SELL', market: 'ETHUSD', type: 'LIMIT', base_amount: '1', price: '2000' },
        ...{ identity_id: 'identity-1', identity_account_id: 'account-1' },
      },
    ])
  })

  it('fails for good when Paxos has another order under the key', async () => {
    const { paxos } = paxosWith([{ id: 'other', side: 'BUY' }])
    const effect = placeOrderEffect(paxos, { now: () => 0 })
    const error = await effect.find?.(taskAt(1)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ORDER_MISMATCH', retry: 'never' })
  })
})
