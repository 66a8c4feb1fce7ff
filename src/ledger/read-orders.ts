import type { Pool } from 'pg'
import type { Order, OrderState } from '../domain/trade/order.ts'
import type { Page } from '../platform/page.ts'
import { ORDER_TABLE } from './order-table.ts'
import { type PageQuery, type StreamRecord, streamReads } from './stream-reads.ts'

/** An order for operators and applications. */
export type OrderRecord = StreamRecord<Order>

/** What a poll needs of an order that a read may still change. */
export interface OpenOrder {
  readonly orderId: string
  readonly identityId: string
  /** The key of its place-order effect. */
  readonly refId: string
  readonly paxosStatus: string | null
  readonly amountFilled: string
  /** The sum of its executions, annulled ones left out, in the base asset. */
  readonly executed: string
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface OrderQuery extends PageQuery {
  accountId?: string | undefined
  state?: OrderState | undefined
}

/** Reads of orders. Rejects when Postgres does not answer. */
export interface OrderReads {
  find(orderId: string): Promise<OrderRecord | null>
  /** Newest first. @throws UsageError for a foreign cursor */
  list(query: OrderQuery): Promise<Page<OrderRecord>>
  /** Orders at Paxos that have not ended or are not settled. Unsettled orders that ended more than a day ago are left to a person. */
  listOpen(): Promise<OpenOrder[]>
  /** Settled orders that ended within the last day: Paxos may still annul one of their executions. */
  listSettled(): Promise<OpenOrder[]>
  /** Orders requested before `before` that are not at Paxos: their command may be lost. */
  listWaiting(before: Date): Promise<string[]>
}

const ORDER_READS = streamReads(ORDER_TABLE, { idForm: /^order-[0-9a-f]{32}$/, waiting: ['submitting', 'unknown'] })
const MOST_OPEN = 50_000

const OPEN = `o.state IN ('open', 'cancel_requested')`
const ENDED_WITHIN_A_DAY = `(o.state IN ('filled', 'cancelled', 'rejected', 'expired') AND o.closed_at > now() - interval '1 day')`

/** The statement for a poll's facts on the orders that meet `condition`. */
function polled(condition: string): string {
  return `SELECT o.order_id AS "orderId", o.identity_id AS "identityId", 'gatehouse-place-order-' || o.order_id AS "refId", o.paxos_status AS "paxosStatus",
      o.amount_filled::text AS "amountFilled", extract(epoch FROM o.requested_at)::float8 * 1000 AS "requestedAt",
      coalesce((SELECT sum((e->>'amount')::numeric) FROM jsonb_array_elements(o.executions) e WHERE NOT (e->>'annulled')::boolean), 0)::text AS executed
    FROM trade_order o WHERE ${condition} ORDER BY o.requested_at LIMIT ${MOST_OPEN}`
}

export function readOrders(pool: Pool): OrderReads {
  return {
    find: (orderId) => ORDER_READS.find(pool, orderId),
    list: ({ accountId, state, ...page }) => ORDER_READS.list(pool, { where: { accountId, state }, ...page }),
    listOpen: async () => (await pool.query<OpenOrder>(polled(`${OPEN} OR (${ENDED_WITHIN_A_DAY} AND NOT o.settled)`))).rows,
    listSettled: async () =>
      (await pool.query<OpenOrder>(polled(`${ENDED_WITHIN_A_DAY} AND o.settled AND o.paxos_order_id IS NOT NULL`))).rows,
    listWaiting: (before) => ORDER_READS.listWaiting(pool, before),
  }
}
