import { describe, expect, it } from 'vitest'
import { Amount } from '../../src/domain/money.ts'
import type { Inbox } from '../../src/inbox/inbox.ts'
import type { OpenOrder } from '../../src/ledger/read-orders.ts'
import type { PaxosOrder } from '../../src/paxos/orders.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createOrderPoll } from '../../src/saga/poll-orders.ts'

const PAGE = 1_000

function openOrder(number: number, over: Partial<OpenOrder> = {}): OpenOrder {
  const orderId = `order-${number}`
  const known = { paxosStatus: 'OPEN', amountFilled: '0', executed: '0', requestedAt: 1_000_000 }
  return { orderId, identityId: `identity-${number}`, refId: `gatehouse-place-order-${orderId}`, ...known, ...over }
}

function atPaxos({ refId }: OpenOrder, status: string, filled: string): PaxosOrder {
  const none = { profileId: null, side: '', market: '', type: '', baseAmount: null, quoteAmount: null, price: null }
  return {
    id: `p-${refId}`,
    refId,
    status,
    amountFilled: Amount.of(filled),
    averagePrice: null,
    createdAt: null,
    modifiedAt: null,
    ...none,
  }
}

/** A Paxos with these orders, with the calls that a poll makes. */
function paxosWith(orders: readonly PaxosOrder[]) {
  let calls = 0
  const list: PaxosClient['orders']['list'] = async ({ refIds, status, cursor }) => {
    calls += 1
    if (refIds) {
      const byRef = new Map(orders.map((order) => [order.refId, order]))
      return { orders: refIds.flatMap((refId) => byRef.get(refId) ?? []), nextCursor: null }
    }
    const from = Number(cursor ?? 0)
    const open = orders.filter((order) => order.status === status)
    return { orders: open.slice(from, from + PAGE), nextCursor: from + PAGE < open.length ? String(from + PAGE) : null }
  }
  return { paxos: { orders: { list } } as unknown as PaxosClient, calls: () => calls } // a poll makes no other calls
}

/** A poll over what `open` holds at each round, with the timers that it has set so far. */
function pollOver(open: OpenOrder[], orders: PaxosOrder[]) {
  const timers: string[] = []
  let nowMs = 2_000_000
  const { paxos } = paxosWith(orders)
  const setTimers: Inbox['setTimers'] = async (set) => {
    timers.push(...set.map(({ streamId, name }) => `${name} ${streamId}`))
    return []
  }
  const poll = createOrderPoll({
    inbox: { setTimers },
    queue: { add: async () => 0 },
    paxos,
    openOrders: async () => [...open],
    mostAreOpen: true,
    now: () => nowMs,
  })
  return { poll, timers, pass: (ms: number) => (nowMs += ms) }
}

async function poll(open: OpenOrder[], orders: PaxosOrder[]) {
  const { poll: once, timers } = pollOver(open, orders)
  return { report: await once(), timers }
}

describe('a poll over unfinished orders', () => {
  it('A17: reads 10,000 open orders with a dozen calls, and 500 closed ones with five more', async () => {
    const open = Array.from({ length: 10_000 }, (_, number) => openOrder(number))
    const orders = open.map((order, number) => (number % 20 === 0 ? atPaxos(order, 'FILLED', '1') : atPaxos(order, 'OPEN', '0')))
    const { report, timers } = await poll(open, orders)
    expect(report).toEqual({ open: 10_000, changed: 500, timed: 500, calls: 17 })
    expect(timers).toHaveLength(500)
  })

  it('A17: sets one timer for each of 10,000 unread orders, however many rounds pass before a worker reads them', async () => {
    const open = Array.from({ length: 10_000 }, (_, number) => openOrder(number))
    const {
      poll: round,
      timers,
      pass,
    } = pollOver(
      open,
      open.map((order) => atPaxos(order, 'FILLED', '1')),
    )
    for (let rounds = 0; rounds < 5; rounds += 1) {
      await round()
      pass(150)
    }
    expect(timers).toHaveLength(10_000)
  })

  it('sets the timer of an order again after 1 s, then 2 s, while a read changes nothing, and at once when Paxos has something new', async () => {
    const orders = [atPaxos(openOrder(1), 'OPEN', '0.5')]
    const { poll: round, timers, pass } = pollOver([openOrder(1)], orders)
    const timedBy = async (ms: number) => {
      pass(ms)
      return (await round()).timed
    }
    expect([await timedBy(0), await timedBy(999), await timedBy(1), await timedBy(1_999), await timedBy(1)]).toEqual([1, 0, 1, 0, 1])
    orders[0] = atPaxos(openOrder(1), 'FILLED', '1')
    expect([await timedBy(0), timers.length]).toEqual([1, 4])
  })

  it('reads no order for a status that leaves it open', async () => {
    const open = [openOrder(1, { paxosStatus: null }), openOrder(2, { paxosStatus: 'PENDING_SUBMISSION' })]
    expect(
      (
        await poll(
          open,
          open.map((order) => atPaxos(order, 'OPEN', '0')),
        )
      ).timers,
    ).toEqual([])
    expect(
      (
        await poll(
          open,
          open.map((order) => atPaxos(order, 'CANCELLED', '0')),
        )
      ).timers,
    ).toHaveLength(2)
  })

  it('A13: notices a fill that no event reported, and a partial fill', async () => {
    const open = [openOrder(1), openOrder(2), openOrder(3)]
    const { timers } = await poll(open, [
      atPaxos(open[0]!, 'FILLED', '1'),
      atPaxos(open[1]!, 'OPEN', '0.5'),
      atPaxos(open[2]!, 'OPEN', '0'),
    ])
    expect(timers).toEqual(['read-order order-1', 'read-order order-2'])
  })

  it('A15: reads an order again until its executions add up to the filled amount', async () => {
    const closed = openOrder(1, { paxosStatus: 'FILLED', amountFilled: '1', executed: '0.4' })
    expect((await poll([closed], [atPaxos(closed, 'FILLED', '1')])).timers).toEqual(['read-order order-1'])
    const settled = { ...closed, executed: '1' }
    expect((await poll([settled], [atPaxos(settled, 'FILLED', '1')])).timers).toEqual([])
  })

  it('draws no conclusion from an order that a listing lacks', async () => {
    expect(await poll([openOrder(1)], [])).toMatchObject({ report: { open: 1, changed: 0, calls: 1 }, timers: [] })
    expect(await poll([], [])).toMatchObject({ report: { calls: 0 } })
  })
})
