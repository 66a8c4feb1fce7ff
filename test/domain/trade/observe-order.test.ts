import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Amount } from '../../../src/domain/money.ts'
import type { Flow } from '../../../src/domain/trade/flow.ts'
import { executedAmount, observeOrder, type SeenOrder } from '../../../src/domain/trade/observe-order.ts'
import { FINAL, ORDER_STATES, type Order, type OrderState } from '../../../src/domain/trade/order.ts'
import { fill, marketBuy, sampleOrder, seenOrder } from './sample-order.ts'

const NOW = 5_000
const STATUSES = ['PENDING_SUBMISSION', 'SUBMITTED', 'OPEN', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'PONDERING']

/** The state after a first read of each status, by the state before. */
const TABLE: Record<OrderState, readonly OrderState[]> = {
  submitting: ['open', 'open', 'open', 'filled', 'cancelled', 'rejected', 'expired', 'open'],
  unknown: ['open', 'open', 'open', 'filled', 'cancelled', 'rejected', 'expired', 'open'],
  open: ['open', 'open', 'open', 'filled', 'cancelled', 'rejected', 'expired', 'open'],
  cancel_requested: [
    'cancel_requested',
    'cancel_requested',
    'cancel_requested',
    'filled',
    'cancelled',
    'rejected',
    'expired',
    'cancel_requested',
  ],
  filled: ['filled', 'filled', 'filled', 'filled', 'held', 'held', 'held', 'filled'],
  cancelled: ['cancelled', 'cancelled', 'cancelled', 'held', 'cancelled', 'held', 'held', 'cancelled'],
  rejected: ['rejected', 'rejected', 'rejected', 'held', 'held', 'rejected', 'held', 'rejected'],
  expired: ['expired', 'expired', 'expired', 'held', 'held', 'held', 'expired', 'expired'],
  held: ['held', 'held', 'held', 'held', 'held', 'held', 'held', 'held'],
}

describe.each(ORDER_STATES)('an order in state %s', (state) => {
  it.each(STATUSES.map((status, index) => [status, TABLE[state][index]]))('that reads %s is then %s', (status, expected) => {
    const order = sampleOrder({ state, paxosOrderId: 'paxos-1' })
    expect(observeOrder(order, seenOrder(status ?? '', []), NOW).order.state).toBe(expected)
  })
})

describe('observing an order', () => {
  it('A15: uses the cumulative amount when the executions lack a fill, and is settled once both agree', () => {
    const late = observeOrder(sampleOrder(), seenOrder('FILLED', [fill('1', '0.4')], { amountFilled: Amount.of('1') }), NOW)
    expect(late.order).toMatchObject({ state: 'filled', amountFilled: '1', settled: false, closedAt: NOW })
    const whole = observeOrder(late.order, seenOrder('FILLED', [fill('1', '0.4'), fill('2', '0.6')]), NOW + 1)
    expect(whole.order).toMatchObject({ state: 'filled', amountFilled: '1', settled: true, closedAt: NOW })
    expect(whole.executed.map(({ id }) => id)).toEqual(['2'])
  })

  it('A9: changes nothing for a second answer with the same content', () => {
    const first = observeOrder(sampleOrder(), seenOrder('FILLED', [fill('1', '1')]), NOW)
    const second = observeOrder(first.order, seenOrder('FILLED', [fill('1', '1')]), NOW + 1)
    expect(second).toMatchObject({ order: first.order, flows: [], executed: [], ignored: 'nothing-new' })
  })

  it('A18: moves the balances by 30 % for an order that was cancelled with 30 % filled', () => {
    const { order, flows } = observeOrder(sampleOrder({ state: 'cancel_requested' }), seenOrder('CANCELLED', [fill('1', '0.3')]), NOW)
    expect(order).toMatchObject({ state: 'cancelled', amountFilled: '0.3', settled: true })
    expect(plain(flows)).toEqual([
      { asset: 'ETH', amount: '-0.3', because: 'execution', source: '1' },
      { asset: 'USD', amount: '600', because: 'execution', source: '1' },
      { asset: 'USD', amount: '-0.25', because: 'commission', source: '1' },
    ])
  })

  it('A19: reverses an annulled execution with entries of its own', () => {
    const { order } = observeOrder(sampleOrder(), seenOrder('FILLED', [fill('1', '0.4'), fill('2', '0.6')]), NOW)
    const bust = observeOrder(order, seenOrder('FILLED', [fill('1', '0.4')]), NOW + 1)
    expect(bust.annulled.map(({ id }) => id)).toEqual(['2'])
    expect(bust.order).toMatchObject({ state: 'filled', amountFilled: '0.4', settled: true })
    expect(bust.order.executions.map(({ id, annulled }) => [id, annulled])).toEqual([
      ['1', false],
      ['2', true],
    ])
    expect(plain(bust.flows)).toEqual([
      { asset: 'ETH', amount: '0.6', because: 'annulment', source: '2' },
      { asset: 'USD', amount: '-1200', because: 'annulment', source: '2' },
      { asset: 'USD', amount: '0.25', because: 'annulment', source: '2' },
    ])
    expect(observeOrder(bust.order, seenOrder('FILLED', [fill('1', '0.4')]), NOW + 2).ignored).toBe('nothing-new')
  })

  it('A19: reverses nothing when a listing lags behind the cumulative amount', () => {
    const { order } = observeOrder(sampleOrder(), seenOrder('FILLED', [fill('1', '0.4'), fill('2', '0.6')]), NOW)
    const lagging = observeOrder(order, seenOrder('FILLED', [fill('1', '0.4')], { amountFilled: Amount.of('1') }), NOW + 1)
    expect(lagging).toMatchObject({ annulled: [], flows: [], ignored: 'nothing-new' })
  })

  it('ignores a read that is older than the known one', () => {
    const { order } = observeOrder(sampleOrder(), seenOrder('OPEN', [fill('1', '0.4')]), NOW)
    expect(observeOrder(order, seenOrder('OPEN', []), NOW + 1)).toMatchObject({ order, ignored: 'older-than-known' })
  })

  it('holds an order that reads as another order', () => {
    const order = sampleOrder({ state: 'open', paxosOrderId: 'paxos-1' })
    expect(observeOrder(order, seenOrder('OPEN', [], { id: 'paxos-2' }), NOW).order).toMatchObject({
      state: 'held',
      reason: 'another-order',
    })
  })

  it('A23: books commission and rebate each in its own asset, also for a purchase', () => {
    const execution = fill('1', '0.125', { commission: '0.0001', commissionAsset: 'ETH', rebate: '0.01', rebateAsset: 'USD' })
    const { flows } = observeOrder(sampleOrder({}, marketBuy), seenOrder('FILLED', [execution]), NOW)
    expect(plain(flows)).toEqual([
      { asset: 'ETH', amount: '0.125', because: 'execution', source: '1' },
      { asset: 'USD', amount: '-250', because: 'execution', source: '1' },
      { asset: 'ETH', amount: '-0.0001', because: 'commission', source: '1' },
      { asset: 'USD', amount: '0.01', because: 'rebate', source: '1' },
    ])
  })
})

describe('A10: a cancellation that races with fills', () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 100_000_000 }), { maxLength: 6 })

  it('ends as Paxos says, with the sum of the executions, for any order of the reads', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.boolean(),
        fc.array(fc.nat({ max: 20 }), { maxLength: 30 }),
        fc.nat({ max: 20 }),
        (units, filled, picks, cancelAt) => {
          const history = historyOf(units, filled ? 'FILLED' : 'CANCELLED')
          let order = sampleOrder({ state: 'open' })
          const flows: Flow[] = []
          for (const [turn, pick] of [...picks, history.length - 1].entries()) {
            // Paxos may accept the cancellation at any moment. Reads come late, twice, and out of order.
            if (turn === cancelAt && order.state === 'open') order = { ...order, state: 'cancel_requested' }
            const seen = observeOrder(order, history[Math.min(pick, history.length - 1)]!, NOW + turn)
            order = seen.order
            flows.push(...seen.flows)
          }
          const whole = history.at(-1)!
          expect(order).toMatchObject({ state: filled ? 'filled' : 'cancelled', settled: true })
          expect(order.amountFilled).toBe(String(whole.amountFilled))
          expect(executedAmount(order.executions).equals(whole.amountFilled!)).toBe(true)
          expect(sumOf(flows, 'ETH')).toBe(String(whole.amountFilled!.negated()))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('A11: does not take effect by the request, only by what Paxos says', () => {
    const requested = sampleOrder({ state: 'cancel_requested', paxosOrderId: 'paxos-1' })
    expect(observeOrder(requested, seenOrder('OPEN', [fill('1', '0.1')]), NOW).order).toMatchObject({
      state: 'cancel_requested',
      closedAt: null,
    })
  })
})

/** What Paxos shows of one order over time: open with more and more fills, then its end. */
function historyOf(units: readonly number[], end: string): SeenOrder[] {
  const fills = units.map((unit, index) => fill(String(index + 1), String(Amount.of(String(unit)).times(Amount.of('0.00000001')))))
  const open = [0, ...units].map((_, count) => seenOrder('OPEN', fills.slice(0, count)))
  return [...open, seenOrder(end, fills)]
}

function sumOf(flows: readonly Flow[], asset: string): string {
  return String(Amount.sum(flows.filter((flow) => flow.asset === asset).map(({ amount }) => amount)))
}

const plain = (flows: readonly Flow[]): unknown => JSON.parse(JSON.stringify(flows))

describe('a final state', () => {
  it('does not change by any read', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FINAL), fc.constantFrom(...STATUSES), (state, status) => {
        const order: Order = sampleOrder({ state, paxosOrderId: 'paxos-1' })
        expect([state, 'held']).toContain(observeOrder(order, seenOrder(status, []), NOW).order.state)
      }),
    )
  })
})
