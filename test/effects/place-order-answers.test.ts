import { describe, expect, it } from 'vitest'
import type { Order } from '../../src/domain/trade/order.ts'
import { type OrderSnapshot, openOrder } from '../../src/domain/trade/order-stream.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { OrderMismatchError, placeOrderEffect } from '../../src/effects/place-order.ts'
import type { PaxosOrder } from '../../src/paxos/orders.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosConflictError, PaxosOutcomeUnknownError, PaxosRefusedError, PaxosRejectedError } from '../../src/paxos/paxos-errors.ts'
import { limitSell, marketBuy, sampleOrder } from '../domain/trade/sample-order.ts'

const operation = 'orders.create'
const THOROUGH = { thorough: true, failure: null }
const KEY = 'gatehouse-place-order-order-1'
type Answer = Pick<PaxosOrder, 'id' | 'refId' | 'profileId' | 'side' | 'market'>
const OURS: Answer = { id: 'paxos-1', refId: KEY, profileId: 'profile-1', side: 'SELL', market: 'ETHUSD' }

function effectIn({ listed = [], create = async () => OURS }: { listed?: readonly Answer[]; create?: () => Promise<Answer> }) {
  const asked: unknown[][] = []
  const orders = {
    create: (...args: unknown[]) => {
      asked.push(['create', ...args])
      return create()
    },
    list: async (...args: unknown[]) => {
      asked.push(['list', ...args])
      return { orders: listed, nextCursor: null }
    },
  }
  return { effect: placeOrderEffect({ orders } as unknown as PaxosClient, { now: () => 0 }), asked } // the effect makes no other calls
}

function task(order: Order = sampleOrder()): EffectTask<OrderSnapshot> {
  const snapshot = openOrder(order)
  return { streamId: order.orderId, snapshot, effect: snapshot.effects[0]!, priority: 'replay' }
}

const conflict = (existingId: string | null) => new PaxosConflictError({ operation, status: 409 }, { existingId, duplicate: 'ref_id' })
const options = { priority: 'replay' }

describe('the request of an order', () => {
  const customer = { identity_id: 'identity-1', identity_account_id: 'account-1' }

  it('names the amount of a purchase in the quote asset, and nothing that was not asked for', async () => {
    const { effect, asked } = effectIn({ create: async () => ({ ...OURS, side: 'BUY' }) })
    await effect.perform(task(sampleOrder({}, marketBuy)))
    const body = { ref_id: KEY, side: 'BUY', market: 'ETHUSD', type: 'MARKET', quote_amount: '250.00', ...customer }
    expect(asked).toStrictEqual([['create', 'profile-1', body, options]])
  })

  it('names stop price, time in force and end, the end in milliseconds', async () => {
    const { effect, asked } = effectIn({})
    const stop = { ...limitSell, type: 'STOP_LIMIT', stopPrice: '2100', timeInForce: 'GTT', expiresAt: '1970-01-01T00:01:00.000Z' } as const
    await effect.perform(task(sampleOrder({}, stop)))
    expect(asked[0]?.[2]).toMatchObject({ price: '2000', stop_price: '2100', time_in_force: 'GTT', expiration_date: '60000' })
  })

  it.each<[string, Error, string]>([
    [
      'missing funds',
      new PaxosRefusedError({ operation, status: 403, problemType: 'https://developer.paxos.com/docs/v2/problems/insufficient-funds' }),
      'insufficient-funds',
    ],
    ['any other 4xx', new PaxosRejectedError({ operation, status: 400 }), 'rejected-by-paxos'],
  ])('is refused for %s, with the reason', async (_, error, reason) => {
    expect(await effectIn({ create: () => Promise.reject(error) }).effect.perform(task())).toEqual({ kind: 'order-refused', reason })
  })

  it('A4: stays unknown when its answer is lost', async () => {
    const lost = new PaxosOutcomeUnknownError({ operation })
    await expect(effectIn({ create: () => Promise.reject(lost) }).effect.perform(task())).rejects.toBe(lost)
  })
})

describe('F52: an answer about another order', () => {
  it.each<[string, Partial<Answer>]>([
    ['another key', { refId: 'other' }],
    ['another profile', { profileId: 'other' }],
    ['the other side', { side: 'BUY' }],
    ['another market', { market: 'BTCUSD' }],
  ])('that names %s fails for good', async (_, over) => {
    const { effect } = effectIn({ create: async () => ({ ...OURS, ...over }) })
    await expect(effect.perform(task())).rejects.toMatchObject({ code: 'ORDER_MISMATCH', retry: 'never' })
  })

  it('is not what an answer without these fields is', async () => {
    const { effect } = effectIn({ create: async () => ({ id: 'paxos-1', refId: null, profileId: null, side: '', market: '' }) })
    expect(await effect.perform(task())).toEqual({ kind: 'order-placed', paxosOrderId: 'paxos-1', how: 'created' })
  })
})

describe('A1: the look-up of an order', () => {
  it('asks for our key in the profile, and takes the oldest that has it', async () => {
    const listed = [
      { ...OURS, id: 'newer' },
      { ...OURS, id: 'ours' },
      { ...OURS, id: 'theirs', refId: 'theirs' },
    ]
    const { effect, asked } = effectIn({ listed })
    expect(await effect.find?.(task())).toEqual({ kind: 'order-placed', paxosOrderId: 'ours', how: 'adopted' })
    expect(asked).toEqual([['list', { profileId: 'profile-1', refIds: [KEY], priority: 'replay' }]])
  })

  it('finds nothing among the orders of others, and fails for good if Paxos had said that it exists', async () => {
    const { effect } = effectIn({ listed: [{ ...OURS, refId: 'theirs' }] })
    expect(await effect.find?.(task())).toBeNull()
    await expect(effect.find?.(task(), conflict('paxos-9'))).rejects.toThrow('order paxos-9 at Paxos has our ref_id')
  })
})

describe('a late receipt of an order', () => {
  const { effect } = effectIn({})
  const placed = { kind: 'order-placed', paxosOrderId: '1', how: 'created' }
  const refused = { kind: 'order-refused', reason: 'insufficient-funds' }

  it.each([
    [placed, { ...placed, how: 'adopted' }, true],
    [placed, { ...placed, paxosOrderId: '2' }, false],
    [refused, { ...refused, reason: 'not-placed-in-time' }, true],
    [placed, refused, false],
    [refused, placed, false],
    [refused, { kind: 'other' }, false],
  ])('of %o and %o: says the same is %s', (known, late, same) => {
    expect(effect.same(known, late)).toBe(same)
  })

  it('holds the order for another order and for an unexplained 409 alone', () => {
    expect(effect.holdFor?.(new OrderMismatchError('1'), 0)).toBe('another-order')
    expect(effect.holdFor?.(conflict(null), 0)).toBe('another-order')
    expect(effect.holdFor?.(new PaxosOutcomeUnknownError({ operation }), 0)).toBeNull()
    expect(effect).toMatchObject({ kind: 'place-order', asksPaxos: true })
  })
})

describe('the estimate of an order', () => {
  const receipt = { kind: 'order-placed', paxosOrderId: 'made up', how: 'created' }
  it.each([
    ['would adopt what Paxos has', [OURS], { verdict: 'would-adopt-order', effects: [{ act: 'adopt', key: KEY }], receipt }],
    ['would place what Paxos has not', [], { verdict: 'would-place-order', effects: [{ act: 'place', key: KEY }], receipt }],
  ])('%s, and asks for nothing', async (_, listed, expected) => {
    const { effect, asked } = effectIn({ listed })
    expect(await effect.estimate(task(), THOROUGH)).toMatchObject(expected)
    expect(asked.map(([name]) => name)).toEqual(['list'])
  })
})
