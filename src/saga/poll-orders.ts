import { Amount } from '../domain/money.ts'
import { isOpenAtPaxos } from '../domain/trade/observe-order.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { OpenOrder } from '../ledger/read-orders.ts'
import type { PaxosOrder } from '../paxos/orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'

export interface PollParts {
  inbox: Pick<Inbox, 'setTimers'>
  paxos: PaxosClient
  /** Orders that a read may still change. */
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
  /** Timers that this round set: for orders that no earlier round has set one for. */
  timed: number
  /** Calls of Paxos. */
  calls: number
}

/** A timer that was set for an order: for which difference, how often, and until when it is left to its work. */
interface Timed {
  readonly difference: string
  readonly times: number
  readonly untilMs: number
}

/** ref_ids in one call: some 70 characters each, so that the address stays under 8 kB. */
const REFS_PER_CALL = 100
const PAGE = 1_000
/** With more orders than so many look-ups cover, listing what is open is cheaper: one page is a thousand orders. */
const LOOKUPS_WORTH_A_LIST = 6
const OPEN_STATUSES = ['OPEN', 'SUBMITTED', 'PENDING_SUBMISSION'] as const
/** When a timer is set again while the same difference stands, milliseconds; doubled with each time. */
const AGAIN_MS = 1_000
const LONGEST_AGAIN_MS = 60_000

/**
 * Paxos has no event for fills, so unfinished orders are read, by lists and never one by one (A17): few by their ref_ids, a hundred to a call; of
 * many, all that are open a thousand to a page, and by ref_ids those that are not among them. A read that differs from what is on record sets
 * a timer of the inbox, which the worker handles as any event; what is read here is only the reason to look. An order has one timer at a time: the
 * poll remembers for which difference it set one, so that a backlog of reads is not set again with each round.
 */
export function createOrderPoll({ inbox, paxos, openOrders, mostAreOpen, now }: PollParts): () => Promise<PollReport> {
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
    const dueAt = new Date(atMs)
    await inbox.setTimers(due.map(({ orderId, identityId }) => ({ streamId: orderId, name: 'read-order', dueAt, identityId })))
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
          // A page that holds nothing new although it names a next one would go round for ever (A48).
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

/** A minute before the oldest order was asked for: Paxos's clock and ours may differ. */
function oldest(open: readonly OpenOrder[]): string {
  return new Date(Math.min(...open.map(({ requestedAt }) => requestedAt)) - 60_000).toISOString()
}

/**
 * How Paxos's order differs from what is on record; null: not at all. An order that is not found says nothing. Two statuses of an order that is open
 * differ in nothing that matters here. One that is not settled is read again until its executions come to what was filled.
 */
function differenceOf(order: OpenOrder, seen: PaxosOrder | undefined): string | null {
  if (!seen) return null
  const filled = seen.amountFilled ?? Amount.zero
  const sameStatus =
    seen.status === order.paxosStatus || (isOpenAtPaxos(seen.status) && (order.paxosStatus === null || isOpenAtPaxos(order.paxosStatus)))
  if (sameStatus && filled.equals(Amount.of(order.amountFilled)) && filled.equals(Amount.of(order.executed))) return null
  return [seen.status, String(filled), order.paxosStatus, order.amountFilled, order.executed].join(' ')
}
