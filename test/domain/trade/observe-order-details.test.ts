import { describe, expect, it } from 'vitest'
import { flowsOf, observeOrder } from '../../../src/domain/trade/observe-order.ts'
import { fill, sampleOrder, seenOrder } from './sample-order.ts'

const NOW = 5_000

describe('why an order is where it is', () => {
  it.each([
    ['rejected by Paxos after we sent it', { state: 'open' }, 'REJECTED', 'rejected-by-paxos'],
    ['rejected for a reason that is on record', { state: 'open', reason: 'insufficient-funds' }, 'REJECTED', 'insufficient-funds'],
    ['changed after its end', { state: 'filled' }, 'CANCELLED', 'changed-after-its-end'],
    ['open', { state: 'open' }, 'OPEN', null],
    ['cancelled, with the reason that it had', { state: 'open', reason: 'asked' }, 'CANCELLED', 'asked'],
  ] as const)('is on record when it is %s', (_, over, status, reason) => {
    expect(observeOrder(sampleOrder(over), seenOrder(status, []), NOW).order.reason).toBe(reason)
  })
})

describe('a read of an order without its executions', () => {
  it('moves the order, and neither books nor annuls an execution', () => {
    const known = { ...fill('1', '0.4'), annulled: false }
    const order = sampleOrder({ state: 'open', executions: [known], amountFilled: '0.4' })
    const seen = observeOrder(order, seenOrder('CANCELLED', null, { amountFilled: null }), NOW)
    expect(seen).toMatchObject({ executed: [], annulled: [], flows: [], order: { state: 'cancelled', executions: [known], settled: true } })
  })

  it('keeps the average price when Paxos names none, and takes the one that Paxos names', () => {
    const order = sampleOrder({ state: 'open', averagePrice: '1999' })
    expect(observeOrder(order, seenOrder('OPEN', [], { averagePrice: null }), NOW).order.averagePrice).toBe('1999')
    expect(observeOrder(order, seenOrder('OPEN', []), NOW).order.averagePrice).toBe('2000')
  })
})

it('a read that changes nothing brings neither flows nor executions', () => {
  const empty = { flows: [], executed: [], annulled: [] }
  const order = sampleOrder({ state: 'open', paxosOrderId: 'paxos-1', amountFilled: '1' })
  expect(observeOrder(order, seenOrder('OPEN', []), NOW)).toEqual({ ...empty, order, ignored: 'older-than-known' })
  expect(observeOrder(order, seenOrder('OPEN', [], { id: 'paxos-2' }), NOW)).toMatchObject({ ...empty, ignored: null })
})

it('A19: an execution that takes the place of an annulled one is booked with the reversal', () => {
  const filled = observeOrder(sampleOrder(), seenOrder('FILLED', [fill('1', '1')]), NOW).order
  const { executed, annulled, order } = observeOrder(filled, seenOrder('FILLED', [fill('2', '1')]), NOW + 1)
  expect([executed, annulled].map((each) => each.map(({ id }) => id))).toEqual([['2'], ['1']])
  expect(order.executions.map(({ id, annulled: gone }) => [id, gone])).toEqual([
    ['1', true],
    ['2', false],
  ])
})

describe('A23: fees of an execution', () => {
  const sides = { side: 'SELL', baseAsset: 'ETH', quoteAsset: 'USD' } as const
  const none = { commission: null, commissionAsset: null, rebate: null, rebateAsset: null }
  const feesOf = (over: object) =>
    flowsOf(sides, { ...fill('1', '1', { ...none, ...over }), annulled: false })
      .filter(({ because }) => because !== 'execution')
      .map(({ because, asset, amount }) => [because, asset, String(amount)])

  it.each([
    ['none', {}, []],
    [
      'in the quote asset when Paxos names no other',
      { commission: '0.5', rebate: '0.2' },
      [
        ['commission', 'USD', '-0.5'],
        ['rebate', 'USD', '0.2'],
      ],
    ],
    [
      'in the asset that Paxos names',
      { commission: '0.5', commissionAsset: 'ETH', rebate: '0.2', rebateAsset: 'ETH' },
      [
        ['commission', 'ETH', '-0.5'],
        ['rebate', 'ETH', '0.2'],
      ],
    ],
  ])('are booked: %s', (_, over, expected) => {
    expect(feesOf(over)).toEqual(expected)
  })
})
