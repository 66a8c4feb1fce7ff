import { describe, expect, it } from 'vitest'
import { type Draft, effectsOf } from '../../../src/domain/effect.ts'
import { draftOf } from '../../../src/domain/stream.ts'
import { ORDER_RULES, type OrderSnapshot, openOrder, PLACE_ORDER } from '../../../src/domain/trade/order-stream.ts'
import { fill, sampleOrder, seenOrder } from './sample-order.ts'

const PLACED = { kind: 'order-placed', paxosOrderId: 'paxos-1', how: 'created' }
const READ = { kind: 'read', order: seenOrder('FILLED', [fill('e1', '1')]), now: 5_000 } as const

function decided(draft: Draft<OrderSnapshot>, seen: Parameters<typeof ORDER_RULES.decide>[1]): Draft<OrderSnapshot> {
  const answer = ORDER_RULES.decide(draft, seen, { authority: 'machine' } as never) // an order needs no operator's authority
  if (answer.kind !== 'decided') throw new Error(answer.kind)
  return answer.draft
}

function answered(draft: Draft<OrderSnapshot>): Draft<OrderSnapshot> {
  const [effect] = effectsOf(draft, PLACE_ORDER)
  return ORDER_RULES.afterReceipt(draft, effect!, PLACED)
}

const open = (): Draft<OrderSnapshot> => {
  const { order, effects } = openOrder(sampleOrder())
  return draftOf({ order, effects })
}

describe('A53: the fill that is read before the answer to the call that placed the order', () => {
  it('ends in the same order as the answer that comes first', () => {
    const early = answered(decided(open(), READ))
    const late = decided(answered(open()), READ)
    expect(early.order).toEqual(late.order)
    expect(early.order).toMatchObject({ state: 'filled', settled: true, paxosOrderId: 'paxos-1' })
  })

  it('moves the money once, in any order of arrival', () => {
    const flows = (draft: Draft<OrderSnapshot>) => draft.entries.filter(({ kind }) => kind === 'flow').map(({ data }) => data)
    const early = answered(decided(open(), READ))
    expect(flows(early)).toEqual(flows(decided(answered(open()), READ)))
    expect(flows(decided(early, READ))).toEqual(flows(early))
  })
})

describe('the answer to the call that placed the order', () => {
  it.each([
    ['keeps the status of an open order, so that no read is needed for it', 'OPEN', 'OPEN'],
    ['leaves the status of an ended order to the poll, which then reads it with its executions', 'CANCELLED', null],
  ])('%s', (_, status, paxosStatus) => {
    const draft = open()
    const [effect] = effectsOf(draft, PLACE_ORDER)
    expect(ORDER_RULES.afterReceipt(draft, effect!, { ...PLACED, status }).order).toMatchObject({ state: 'open', paxosStatus })
  })
})
