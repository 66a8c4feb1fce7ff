import { Amount } from '../domain/money.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { OpenOrder } from '../ledger/read-orders.ts'
import type { PaxosOrder } from '../paxos/orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'

export interface PollParts {
  inbox: Pick<Inbox, 'setTimer'>
  paxos: PaxosClient
  /** Orders that a read may still change. */
  openOrders: () => Promise<OpenOrder[]>
  /** Milliseconds since 1970. */
  now: () => number
}

/** What one round did. `lost`: commands that no job has finished for too long, given again. */
export interface PollReport {
  open: number
  changed: number
  calls: number
}

/** ref_ids in one call: some 70 characters each, so that the address stays under 8 kB. */
const REFS_PER_CALL = 100
const PAGE = 1_000
/** With more orders than so many look-ups cover, listing what is open is cheaper: one page is a thousand orders. */
const LOOKUPS_WORTH_A_LIST = 6
const OPEN_STATUSES = ['OPEN', 'SUBMITTED', 'PENDING_SUBMISSION'] as const

/**
 * Paxos has no event for fills, so unfinished orders are read, by lists and never one by one (A17): few by their ref_ids, a hundred to a call; of
 * many, all that are open a thousand to a page, and by ref_ids those that are not among them. A read that differs from what is on record sets
 * a timer of the inbox, which the worker handles as any event; what is read here is only the reason to look.
 */
export async function pollOrders({ inbox, paxos, openOrders, now }: PollParts): Promise<PollReport> {
  const open = await openOrders()
  if (open.length === 0) return { open: 0, changed: 0, calls: 0 }
  const reader = createOrderLister(paxos)
  const listed = open.length > LOOKUPS_WORTH_A_LIST * REFS_PER_CALL ? await reader.listOpen(oldest(open)) : new Map<string, PaxosOrder>()
  const found = new Map([...listed, ...(await reader.lookUp(open.map(({ refId }) => refId).filter((refId) => !listed.has(refId))))])
  const changed = open.filter((order) => differs(order, found.get(order.refId)))
  const at = new Date(now())
  await Promise.all(
    changed.map(({ orderId, identityId }) => inbox.setTimer({ streamId: orderId, name: 'read-order', dueAt: at, identityId })),
  )
  return { open: open.length, changed: changed.length, calls: reader.calls() }
}

function createOrderLister(paxos: PaxosClient) {
  let calls = 0
  const page = async (filter: Parameters<PaxosClient['orders']['list']>[0]) => {
    calls += 1
    return paxos.orders.list({ limit: PAGE, priority: 'live', ...filter })
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

/** An order that is not found says nothing; one that is not settled is read again until its executions come to what was filled. */
function differs(order: OpenOrder, seen: PaxosOrder | undefined): boolean {
  if (!seen) return false
  const filled = seen.amountFilled ?? Amount.zero
  return seen.status !== order.paxosStatus || !filled.equals(Amount.of(order.amountFilled)) || !filled.equals(Amount.of(order.executed))
}
