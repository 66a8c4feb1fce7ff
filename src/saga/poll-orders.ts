import { Amount } from '../domain/money.ts'
import { isOpenAtPaxos } from '../domain/trade/observe-order.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { OpenOrder } from '../ledger/read-orders.ts'
import type { PaxosOrder } from '../paxos/orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { DISPATCH_GRACE_MS } from './dispatch-due-events.ts'

export interface PollParts {
  inbox: Pick<Inbox, 'setTimers'>
  queue: Pick<EventQueue, 'add'>
  paxos: PaxosClient
  /** Reads the orders that a read of Paxos may still change. */
  openOrders: () => Promise<OpenOrder[]>
  /** Most of the orders are open at Paxos, so that listing those is a short cut. Where they are not, nothing is urgent either. */
  mostAreOpen: boolean
  /** Milliseconds since 1970. */
  now: () => number
}

/** What one round did. */
export interface PollReport {
  open: number
  /** Orders that a read would change. */
  changed: number
  /** Timers that this round set, for orders without one from an earlier round. */
  timed: number
  /** Calls to Paxos. */
  calls: number
}

/** A timer of an order: the difference it was set for, how often, and until when the order is left to it. */
interface Timed {
  readonly difference: string
  readonly times: number
  readonly untilMs: number
}

/** ref_ids in one call: about 70 characters each, so that the URL stays below 8 kB. */
const REFS_PER_CALL = 100
const PAGE = 1_000
/** If the orders need more look-ups than this, listing all open orders is cheaper: a page has 1,000 orders. */
const LOOKUPS_WORTH_A_LIST = 6
const OPEN_STATUSES = ['OPEN', 'SUBMITTED', 'PENDING_SUBMISSION'] as const
/** Wait before a timer is set again for the same difference, milliseconds; doubled each time. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

/**
 * Polls unfinished orders, since Paxos has no event for fills. It reads lists and never single orders (A17). Few orders are read by their
 * ref_ids, 100 to a call. With many, it lists all open orders, 1,000 to a page, and reads by ref_ids those that the list lacks.
 *
 * A difference from the record only sets a timer in the inbox, which a worker handles like any event: the worker reads the order again. An
 * order has one timer at a time. The poll remembers the difference that a timer was set for, so a backlog of timers is not set again in
 * each round.
 */
export function createOrderPoll({ inbox, queue, paxos, openOrders, mostAreOpen, now }: PollParts): () => Promise<PollReport> {
  let timed: ReadonlyMap<string, Timed> = new Map()
  return async () => {
    const open = await openOrders()
    if (open.length === 0) return { open: 0, changed: 0, timed: 0, calls: 0 }
    const reader = createOrderLister(paxos, mostAreOpen ? 'live' : 'replay')
    const worthAList = mostAreOpen && open.length > LOOKUPS_WORTH_A_LIST * REFS_PER_CALL
    const listed = worthAList ? await reader.listOpen(oldest(open)) : new Map<string, PaxosOrder>()
    const found = new Map([...listed, ...(await reader.lookUp(open.map(({ refId }) => refId).filter((refId) => !listed.has(refId))))])
    const atMs = now()
    const remembered = new Map<string, Timed>()
    const due: OpenOrder[] = []
    let changed = 0
    for (const order of open) {
      const difference = differenceOf(order, found.get(order.refId))
      if (difference === null) continue
      changed += 1
      const before = timed.get(order.orderId)
      const known = before?.difference === difference ? before : null
      if (known && atMs < known.untilMs) {
        remembered.set(order.orderId, known)
        continue
      }
      const times = known ? known.times + 1 : 0
      remembered.set(order.orderId, { difference, times, untilMs: atMs + Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 2 ** times) })
      due.push(order)
    }
    // Their jobs go onto the queue at once; the dispatcher is for those that do not arrive there.
    const dueAt = new Date(atMs + DISPATCH_GRACE_MS)
    const set = await inbox.setTimers(due.map(({ orderId, identityId }) => ({ streamId: orderId, name: 'read-order', dueAt, identityId })))
    await queue.add(set).catch(() => undefined)
    timed = remembered
    return { open: open.length, changed, timed: due.length, calls: reader.calls() }
  }
}

function createOrderLister(paxos: PaxosClient, priority: 'live' | 'replay') {
  let calls = 0
  const page = async (filter: Parameters<PaxosClient['orders']['list']>[0]) => {
    calls += 1
    return paxos.orders.list({ limit: PAGE, priority, ...filter })
  }
  return {
    calls: () => calls,
    listOpen: async (orderedFrom: string): Promise<Map<string, PaxosOrder>> => {
      const orders = new Map<string, PaxosOrder>()
      for (const status of OPEN_STATUSES) {
        let cursor: string | null = null
        do {
          const next: { orders: PaxosOrder[]; nextCursor: string | null } = await page({ status, orderedFrom, cursor })
          const known = orders.size
          for (const order of next.orders) if (order.refId) orders.set(order.refId, order)
          // A page without a new order but with a next page would loop for ever (A48).
          cursor = orders.size > known ? next.nextCursor : null
        } while (cursor !== null)
      }
      return orders
    },
    lookUp: async (refIds: readonly string[]): Promise<Map<string, PaxosOrder>> => {
      const orders = new Map<string, PaxosOrder>()
      for (let from = 0; from < refIds.length; from += REFS_PER_CALL) {
        const answer = await page({ refIds: refIds.slice(from, from + REFS_PER_CALL) })
        for (const order of answer.orders) if (order.refId) orders.set(order.refId, order)
      }
      return orders
    },
  }
}

/** A minute before the oldest order was requested: Paxos's clock and ours may differ. */
function oldest(open: readonly OpenOrder[]): string {
  return new Date(Math.min(...open.map(({ requestedAt }) => requestedAt)) - 60_000).toISOString()
}

/**
 * How Paxos's order differs from the record; null: it does not. An order that was not found says nothing. Open statuses count as equal. An
 * unsettled order is read again until its executions add up to the filled amount.
 */
function differenceOf(order: OpenOrder, seen: PaxosOrder | undefined): string | null {
  if (!seen) return null
  const filled = seen.amountFilled ?? Amount.zero
  const sameStatus =
    seen.status === order.paxosStatus || (isOpenAtPaxos(seen.status) && (order.paxosStatus === null || isOpenAtPaxos(order.paxosStatus)))
  if (sameStatus && filled.equals(Amount.of(order.amountFilled)) && filled.equals(Amount.of(order.executed))) return null
  return [seen.status, String(filled), order.paxosStatus, order.amountFilled, order.executed].join(' ')
}
