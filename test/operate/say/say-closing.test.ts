import { expect, it } from 'vitest'
import { CLOSING_BLOCKS } from '../../../src/domain/account/account-closing.ts'
import { sayClosingBlock } from '../../../src/operate/say/say-closing.ts'

/** Who acts: a person at Paxos, the customer, or Gatehouse itself. */
const ACTS = /manually at Paxos|at Paxos, then|clear it with Paxos|no action is needed|Gatehouse tries again|the customer must/

it.each(CLOSING_BLOCKS)('A45: the block %s is one sentence that names the amount and who must act', (kind) => {
  const detail = kind === 'unfinished' ? 'order order-1 cancel_requested' : 'BTCUSD 0.00000001'
  const text = sayClosingBlock({ kind, asset: 'BTC', amount: '0.5', detail })
  expect(text).toMatch(ACTS)
  expect(text).toContain(kind === 'unfinished' ? 'order order-1 is cancel requested' : '0.5 BTC')
})
