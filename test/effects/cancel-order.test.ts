import { describe, expect, it } from 'vitest'
import { intendedEffect } from '../../src/domain/effect.ts'
import { CANCEL_ORDER, type OrderSnapshot } from '../../src/domain/trade/order-stream.ts'
import { cancelOrderEffect } from '../../src/effects/cancel-order.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosForbiddenError, PaxosNotFoundError } from '../../src/paxos/paxos-errors.ts'
import { sampleOrder } from '../domain/trade/sample-order.ts'

const THOROUGH = { thorough: true, failure: null }

/** A Paxos that answers a cancellation with this failure; null: with success. */
function paxosThat(fails: Error | null) {
  const asked: unknown[] = []
  const orders = {
    cancel: async (...args: unknown[]) => {
      asked.push(args)
      if (fails) throw fails
    },
  }
  return { effect: cancelOrderEffect({ orders } as unknown as PaxosClient), asked } // the effect makes no other calls
}

function task(paxosOrderId: string | null = 'paxos-1'): EffectTask<OrderSnapshot> {
  const order = sampleOrder({ state: 'cancel_requested', paxosOrderId })
  const effect = intendedEffect(order.orderId, { kind: CANCEL_ORDER })
  return { streamId: order.orderId, snapshot: { order, effects: [effect] }, effect, priority: 'replay' }
}

const forbidden = (detail: string) => new PaxosForbiddenError({ operation: 'orders.cancel', status: 403, detail }, { acts: true })

describe('the cancellation of an order', () => {
  it('asks Paxos for it by the id that Paxos gave, in the profile of the order', async () => {
    const { effect, asked } = paxosThat(null)
    expect(await effect.perform(task())).toEqual({ kind: 'cancel-asked', taken: true })
    expect(asked).toEqual([['profile-1', 'paxos-1', { priority: 'replay' }]])
  })

  it('A10: is answered when the order has ended meanwhile, since the next read shows how', async () => {
    const { effect } = paxosThat(forbidden('order is not in cancellable state'))
    expect(await effect.perform(task())).toEqual({ kind: 'cancel-asked', taken: false })
  })

  it.each([
    ['a missing scope', forbidden('missing scope')],
    ['a refusal without a text', new PaxosForbiddenError({ operation: 'orders.cancel', status: 403 }, { acts: true })],
    ['a missing order', new PaxosNotFoundError({ operation: 'orders.cancel', status: 404, detail: 'not in cancellable state' })],
  ])('fails with the error of Paxos for %s', async (_, error) => {
    await expect(paxosThat(error).effect.perform(task())).rejects.toBe(error)
  })

  it('never asks Paxos without an id', async () => {
    const { effect, asked } = paxosThat(null)
    await expect(effect.perform(task(null))).rejects.toThrow(TypeError)
    expect(asked).toEqual([])
  })

  it('keeps its slot at Paxos, and two answers say the same', () => {
    const { effect } = paxosThat(null)
    expect(effect).toMatchObject({ kind: 'cancel-order', asksPaxos: true })
    expect(effect.same({ kind: 'cancel-asked', taken: true }, { kind: 'cancel-asked', taken: false })).toBe(true)
  })

  it('is estimated as one cancellation, without a call', async () => {
    const { effect, asked } = paxosThat(null)
    expect(await effect.estimate(task(), THOROUGH)).toMatchObject({
      verdict: 'would-cancel-order',
      effects: [{ act: 'cancel', key: task().effect.key }],
      receipt: { kind: 'cancel-asked', taken: true },
    })
    expect(asked).toEqual([])
  })
})
