import { describe, expect, it } from 'vitest'
import { type Draft, type Effect, intendedEffect, markAttempt } from '../../../src/domain/effect.ts'
import { nthNotification } from '../../../src/domain/notification.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'
import { ORDER_STATES, type Order, type OrderState } from '../../../src/domain/trade/order.ts'
import { orderNotification } from '../../../src/domain/trade/order-notification.ts'
import {
  CANCEL_ORDER,
  ORDER_RULES,
  type OrderSeen,
  type OrderSnapshot,
  openOrder,
  PLACE_ORDER,
} from '../../../src/domain/trade/order-stream.ts'
import { fill, sampleOrder, seenOrder } from './sample-order.ts'

const NOW = 5_000
const LEASE = { seq: '1', generation: 0, until: 1 }
const PLACED = { kind: 'order-placed', paxosOrderId: 'paxos-1', how: 'created' }
const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const place = intendedEffect('order-1', { kind: PLACE_ORDER })
const cancel = intendedEffect('order-1', { kind: CANCEL_ORDER })
const told = (name: string): Effect => nthNotification('order-1', name, 1)

function draft(over: Partial<Order> = {}, effects: readonly Effect[] = []): Draft<OrderSnapshot> {
  return draftOf<OrderSnapshot>({ order: sampleOrder(over), effects })
}
function decide(start: Draft<OrderSnapshot>, seen: OrderSeen) {
  const answer = ORDER_RULES.decide(start, seen, MACHINE)
  if (answer.kind !== 'decided') throw new Error(answer.because)
  return answer
}
const stepsOf = ({ effects }: Draft<OrderSnapshot>) => effects.map(({ step, state }) => [step, state])
const kindsOf = ({ entries }: Draft<OrderSnapshot>) => entries.map(({ kind }) => kind)

describe('a new order', () => {
  it('A1: has what was asked for and the intent to place it on record before anything is sent', () => {
    const { order, effects, entries } = openOrder(sampleOrder())
    expect(order).toMatchObject({ state: 'submitting', settled: false })
    expect(effects).toEqual([place])
    const data = { accountId: 'account-1', side: 'SELL', market: 'ETHUSD', type: 'LIMIT', baseAmount: '1', quoteAmount: null }
    expect(entries).toEqual([
      { kind: 'order.requested', data },
      { kind: 'effect.intended', data: { step: PLACE_ORDER, key: place.key } },
    ])
  })

  it('is opened by no observation', () => {
    expect(ORDER_RULES.open('order-1', { kind: 'placed', now: NOW })).toBeNull()
    expect(ORDER_RULES).toMatchObject({ kind: 'order', contradiction: 'another-order' })
    expect([...ORDER_RULES.mustBeKnown]).toEqual([PLACE_ORDER])
  })
})

describe('the command to place an order', () => {
  const attempted = markAttempt(draft({}, [place]), place, LEASE).effects

  it.each<[string, Draft<OrderSnapshot>, object, OrderState]>([
    ['sends it when it was not sent yet', draft({}, [place]), { kind: 'moved', to: 'submitting' }, 'submitting'],
    ['A4: finds its outcome unknown after an attempt without an answer', draft({}, attempted), { kind: 'moved', to: 'unknown' }, 'unknown'],
    [
      'leaves it refused after an attempt that was refused',
      draft({}, [{ ...place, attempts: 1, state: 'refused' }]),
      { kind: 'moved', to: 'submitting' },
      'submitting',
    ],
    [
      'is ignored while its outcome is unknown',
      draft({ state: 'unknown' }, attempted),
      { kind: 'ignored', because: 'already-unknown' },
      'unknown',
    ],
    ['is ignored after the order was placed', draft({ state: 'open' }, attempted), { kind: 'ignored', because: 'already-open' }, 'open'],
  ])('%s', (_, start, outcome, state) => {
    const answer = decide(start, { kind: 'placed', now: NOW })
    expect(answer.outcome).toEqual(outcome)
    expect(answer.draft.order.state).toBe(state)
    expect(kindsOf(answer.draft)).toEqual(state === start.order.state ? [] : ['order.moved'])
  })
})

describe('the command to cancel an order', () => {
  const asked = { kind: 'cancel-asked', now: NOW } as const

  it('A11: of an open order records the request and intends the call', () => {
    const { draft: next, outcome } = decide(draft({ state: 'open', paxosOrderId: 'paxos-1' }), asked)
    expect(outcome).toEqual({ kind: 'moved', to: 'cancel_requested' })
    expect(next.order.state).toBe('cancel_requested')
    expect(stepsOf(next)).toEqual([[CANCEL_ORDER, 'intended']])
    expect(next.entries[0]).toEqual({
      kind: 'order.moved',
      data: { from: 'open', to: 'cancel_requested', status: null, amountFilled: '0', reason: null },
    })
  })

  it.each<OrderState>(['submitting', 'unknown'])('waits while the order is %s', (state) => {
    expect(ORDER_RULES.decide(draft({ state }), asked, MACHINE)).toMatchObject({ kind: 'wait', because: expect.stringContaining(state) })
  })

  it.each<OrderState>(['cancel_requested', 'filled', 'cancelled', 'rejected', 'expired', 'held'])(
    'A10: does nothing when the order is %s',
    (state) => {
      const start = draft({ state })
      expect(decide(start, asked)).toEqual({ kind: 'decided', draft: start, outcome: { kind: 'ignored', because: `already-${state}` } })
    },
  )
})

describe('a read of an order', () => {
  const read = (order: ReturnType<typeof seenOrder> | null): OrderSeen => ({ kind: 'read', order, now: NOW })

  it('of which Paxos knows nothing decides nothing', () => {
    const start = draft({ state: 'unknown' })
    expect(decide(start, read(null))).toMatchObject({ draft: start, outcome: { kind: 'ignored', because: 'unknown-at-paxos' } })
  })

  it('records each execution with its flows, the settlement, the move and the notification', () => {
    const { draft: next, outcome } = decide(draft({ state: 'open' }), read(seenOrder('FILLED', [fill('e1', '1')])))
    expect(outcome).toEqual({ kind: 'moved', to: 'filled' })
    expect(kindsOf(next)).toEqual(['order.executed', 'flow', 'flow', 'flow', 'order.settled', 'order.moved', 'effect.intended'])
    expect(next.entries[0]?.data).toEqual({ executionId: 'e1', amount: '1', price: '2000' })
    expect(next.entries[1]?.data).toMatchObject({ accountId: 'account-1', asset: 'ETH', amount: '-1' })
    expect(next.entries[4]?.data).toEqual({ amountFilled: '1', averagePrice: '2000' })
    expect(next.entries[5]?.data).toEqual({ from: 'open', to: 'filled', status: 'FILLED', amountFilled: '1', reason: null })
    expect(stepsOf(next)).toEqual([['notice:order_filled:1', 'intended']])
  })

  it('keeps the entries that the draft had, and settles and tells an order once', () => {
    const start = draft({ state: 'open' })
    const first = decide({ ...start, entries: [{ kind: 'earlier', data: {} }] }, read(seenOrder('FILLED', [fill('e1', '1')]))).draft
    expect(kindsOf(first)[0]).toBe('earlier')
    const again = decide(draftOf<OrderSnapshot>(first), read(seenOrder('FILLED', [fill('e1', '1'), fill('e2', '0', { commission: null })])))
    expect(kindsOf(again.draft)).toEqual(['order.executed'])
    expect(stepsOf(again.draft)).toEqual(stepsOf(first))
  })

  it('says that nothing is new when it is so', () => {
    const known = decide(draft({ state: 'open' }), read(seenOrder('FILLED', [fill('e1', '1')]))).draft
    const start = draftOf<OrderSnapshot>(known)
    expect(decide(start, read(seenOrder('FILLED', [fill('e1', '1')])))).toEqual({
      ...{ kind: 'decided', draft: start, outcome: { kind: 'ignored', because: 'nothing-new' } },
    })
  })

  it.each<[string, Partial<Order>, ReturnType<typeof seenOrder>, string[]]>([
    [
      'its fill grows',
      { state: 'open', paxosStatus: 'OPEN', amountFilled: '0.1' },
      seenOrder('OPEN', [fill('e1', '0.3')]),
      ['order.moved'],
    ],
    ['its status at Paxos changes', { state: 'open', paxosStatus: 'SUBMITTED' }, seenOrder('OPEN', []), ['order.moved']],
    ['only its average price changes', { state: 'open', paxosStatus: 'OPEN' }, seenOrder('OPEN', []), []],
  ])('says that the order moved when %s', (_, over, seen, kinds) => {
    const moves = kindsOf(decide(draft(over), read(seen)).draft).filter((kind) => kind === 'order.moved')
    expect(moves).toEqual(kinds)
  })

  it('A19: records an execution that Paxos annulled', () => {
    const filled = decide(draft({ state: 'open' }), read(seenOrder('FILLED', [fill('e1', '0.4'), fill('e2', '0.6')]))).draft
    const { draft: next } = decide(draftOf<OrderSnapshot>(filled), read(seenOrder('FILLED', [fill('e1', '0.4')])))
    expect(next.entries[0]).toEqual({ kind: 'order.annulled', data: { executionId: 'e2', amount: '0.6', price: '2000' } })
    expect(kindsOf(next).filter((kind) => kind === 'flow')).toHaveLength(3)
  })

  it.each([
    ['after its end', { state: 'filled' }, seenOrder('CANCELLED', []), 'changed-after-its-end'],
    ['of another order', { state: 'open', paxosOrderId: 'paxos-2' }, seenOrder('OPEN', []), 'another-order'],
  ] as const)('that contradicts, %s, holds the order', (_, over, seen, reason) => {
    const { draft: next, outcome } = decide(draft(over), read(seen))
    expect(outcome).toEqual({ kind: 'held', reason })
    expect(ORDER_RULES.heldReason(next)).toBe(reason)
    expect(next.effects).toEqual([])
  })

  it.each([
    ['CANCELLED', 'notice:order_cancelled:1'],
    ['EXPIRED', 'notice:order_cancelled:1'],
    ['REJECTED', 'notice:order_rejected:1'],
  ])('of %s tells the application: %s', (status, step) => {
    expect(stepsOf(decide(draft({ state: 'open' }), read(seenOrder(status, []))).draft)).toEqual([[step, 'intended']])
  })
})

describe('an answer to the call that places an order', () => {
  it.each<[OrderState, OrderState]>([
    ['submitting', 'open'],
    ['unknown', 'open'],
    ['cancel_requested', 'cancel_requested'],
    ['filled', 'filled'],
  ])('makes it, when it is %s, %s', (state, expected) => {
    const next = ORDER_RULES.afterReceipt(draft({ state }), place, PLACED)
    expect(next.order).toMatchObject({ state: expected, paxosOrderId: 'paxos-1' })
  })

  it('that refuses it ends it at the time of its intent, settled since nothing moved, and tells the application', () => {
    const refused = { kind: 'order-refused', reason: 'insufficient-funds' }
    const next = ORDER_RULES.afterReceipt(draft(), { ...place, intendedAt: 1_234 }, refused)
    expect(next.order).toMatchObject({
      state: 'rejected',
      reason: 'insufficient-funds',
      closedAt: 1_234,
      settled: true,
      paxosOrderId: null,
    })
    expect(stepsOf(next)).toEqual([['notice:order_rejected:1', 'intended']])
  })

  it('does not change the order for a receipt of another effect', () => {
    const start = draft({ state: 'cancel_requested' })
    expect(ORDER_RULES.afterReceipt(start, cancel, { kind: 'cancel-asked', taken: true })).toBe(start)
  })
})

describe('what an order does next', () => {
  const every = [place, cancel, told('order_filled')]
  const WANTED: Readonly<Record<OrderState, string | null>> = {
    submitting: PLACE_ORDER,
    unknown: PLACE_ORDER,
    open: null,
    cancel_requested: CANCEL_ORDER,
    ...{ filled: 'notice:order_filled:1', cancelled: 'notice:order_filled:1', rejected: 'notice:order_filled:1' },
    expired: 'notice:order_filled:1',
    held: null,
  }

  it.each(ORDER_STATES)('in state %s is the effect that the state waits for', (state) => {
    expect(ORDER_RULES.nextEffect(draft({ state }, every))?.step ?? null).toBe(WANTED[state])
    const done = every.map((effect): Effect => ({ ...effect, state: 'done' }))
    expect(ORDER_RULES.nextEffect(draft({ state }, done))).toBeUndefined()
    expect(ORDER_RULES.stateOf(draft({ state }))).toBe(state)
    expect(ORDER_RULES.knows(draft({ state }))).toBe(true)
  })

  it('A4: is to look for an order whose answer was lost, when its state no longer waits for it', () => {
    const start = draft({ state: 'held' }, [{ ...place, attempts: 1 }])
    expect(claimNext(ORDER_RULES, start, { by: { seq: '1', generation: 0 }, now: NOW, leaseMs: 1 })).toMatchObject({ kind: 'look-up' })
  })

  it('is unknown to this version for a state that a newer version wrote', () => {
    expect(ORDER_RULES.knows(draft({ state: 'amended' as OrderState }))).toBe(false)
  })

  it('F52: is nothing once it is held, for the reason that stands in the order', () => {
    const held = ORDER_RULES.hold(draft({ state: 'open' }), 'another-order')
    expect(held.order).toMatchObject({ orderId: 'order-1', state: 'held', reason: 'another-order' })
    expect(ORDER_RULES.heldReason(held)).toBe('another-order')
    expect(ORDER_RULES.heldReason(draft({ state: 'held' }))).toBe('held')
    expect(ORDER_RULES.heldReason(draft({ state: 'rejected', reason: 'insufficient-funds' }))).toBeNull()
  })
})

describe('the notification of an order', () => {
  it.each([
    ['order_filled', 'order.filled'],
    ['order_cancelled', 'order.cancelled'],
    ['order_rejected', 'order.rejected'],
  ])('%s says %s, with ids, amounts and codes alone', (name, kind) => {
    const order = sampleOrder({ state: 'filled', paxosOrderId: 'paxos-1', amountFilled: '1', averagePrice: '2000', reason: 'x' })
    expect(orderNotification({ order, effects: [] }, told(name))).toEqual({
      kind,
      data: {
        ...{ identityId: 'identity-1', accountId: 'account-1', orderId: 'order-1', paxosOrderId: 'paxos-1', state: 'filled' },
        ...{ side: 'SELL', market: 'ETHUSD', amountFilled: '1', averagePrice: '2000', reason: 'x' },
      },
    })
  })

  it.each(['order_amended', null])('%s is unknown: a fault of ours', (name) => {
    expect(() => orderNotification({ order: sampleOrder(), effects: [] }, { ...told('x'), name })).toThrow('has no notification')
  })
})
