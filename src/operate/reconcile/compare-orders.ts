import type { Pool } from 'pg'
import { type OrderOnRecord, ordersAtPaxosBetween, ordersById } from '../../ledger/read-drift.ts'
import type { PaxosOrder } from '../../paxos/orders.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { walkPages } from '../../paxos/transport/walk-pages.ts'
import { type Difference, type DriftPart, differenceOf } from './drift-report.ts'

const WINDOW_MS = 24 * 3_600_000
/** A younger order, or change, may still be on its way into the record, milliseconds. */
const SETTLE_MS = 60_000
const PAGE = 1_000
const MOST_ORDERS = 100_000
const OUR_KEY = 'gatehouse-place-order-'

/** Compares the union of both sides over the last 24 h: orders under our key at Paxos, and orders here that Paxos took. */
export async function compareOrders({ pool, paxos }: { pool: Pool; paxos: PaxosClient }, at: Date): Promise<DriftPart> {
  const [from, to] = [new Date(at.getTime() - WINDOW_MS), new Date(at.getTime() - SETTLE_MS)]
  const listed = new Map<string, PaxosOrder>()
  // Wider than ours at both ends: the two clocks may differ.
  const window = { orderedFrom: new Date(from.getTime() - SETTLE_MS).toISOString(), orderedUntil: at.toISOString() }
  const readPage = (cursor: string | null) => paxos.orders.list({ ...window, limit: PAGE, cursor, priority: 'replay' })
  for await (const { orders } of walkPages(readPage, { operation: 'orders.list', mostPages: MOST_ORDERS / PAGE })) {
    for (const order of orders) if (order.refId?.startsWith(OUR_KEY)) listed.set(order.refId.slice(OUR_KEY.length), order)
  }
  const known = new Map<string, OrderOnRecord>()
  const ids = [...listed.keys()]
  for (let start = 0; start < ids.length; start += PAGE)
    for (const order of await ordersById(pool, ids.slice(start, start + PAGE))) known.set(order.orderId, order)
  const here = await ordersAtPaxosBetween(pool, { from, to, limit: MOST_ORDERS })
  const differences = [
    ...[...listed].flatMap(([id, order]) => wrongWith(id, order, known.get(id), to)),
    ...here
      .filter(({ orderId }) => !listed.has(orderId))
      .map(({ orderId }) => differenceOf('order-missing-at-paxos', orderId, 'on record here as sent, and not in the list of Paxos')),
  ]
  return { name: 'orders', checked: new Set([...ids, ...here.map(({ orderId }) => orderId)]).size, differences, incomplete: null }
}

function wrongWith(id: string, atPaxos: PaxosOrder, here: OrderOnRecord | undefined, to: Date): Difference[] {
  const changed = Date.parse(atPaxos.modifiedAt ?? atPaxos.createdAt ?? '')
  if (!(changed < to.getTime())) return [] // also without a time
  if (!here) return [differenceOf('order-missing-here', id, `${atPaxos.status} at Paxos under our key, and not on record here`)]
  if (here.paxosOrderId !== null && here.paxosOrderId !== atPaxos.id)
    return [differenceOf('order-differs', id, `order ${atPaxos.id} at Paxos has our key; ${here.paxosOrderId} is recorded here`)]
  if (here.paxosStatus === atPaxos.status) return []
  return [differenceOf('order-differs', id, `${atPaxos.status} at Paxos, ${here.paxosStatus ?? 'not known'} on record here`)]
}
