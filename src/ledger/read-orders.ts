import type { Pool } from 'pg'
import type { Order, OrderState } from '../domain/trade/order.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { ORDER_TABLE } from './order-table.ts'

/** An order for operators and applications. */
export interface OrderRecord extends Order {
  readonly createdAt: Date
  readonly updatedAt: Date
}

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

export interface OrderQuery {
  accountId?: string | undefined
  state?: OrderState | undefined
  cursor?: string | undefined
  limit: number
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
  listWaiting(before: Date): Promise<{ orderId: string; state: OrderState }[]>
}

const COLUMNS = ORDER_TABLE.columns.map(({ name, loaded }) => `${loaded(`o.${name}`)} AS ${name}`).join(', ')
const MOST_OPEN = 50_000
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const ORDER_ID = /^order-[0-9a-f]{32}$/

const OPEN = `o.state IN ('open', 'cancel_requested')`
const ENDED_WITHIN_A_DAY = `(o.state IN ('filled', 'cancelled', 'rejected', 'expired') AND o.closed_at > now() - interval '1 day')`

/** The statement for a poll's facts on the orders that meet `condition`. */
function polled(condition: string): string {
  return `SELECT o.order_id AS "orderId", o.identity_id AS "identityId", 'gatehouse-place-order-' || o.order_id AS "refId", o.paxos_status AS "paxosStatus",
      o.amount_filled::text AS "amountFilled", extract(epoch FROM o.requested_at)::float8 * 1000 AS "requestedAt",
      coalesce((SELECT sum((e->>'amount')::numeric) FROM jsonb_array_elements(o.executions) e WHERE NOT (e->>'annulled')::boolean), 0)::text AS executed
    FROM trade_order o WHERE ${condition} ORDER BY o.requested_at LIMIT ${MOST_OPEN}`
}

interface OrderRow extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

export function readOrders(pool: Pool): OrderReads {
  return {
    find: async (orderId) => {
      const { rows } = await pool.query<OrderRow>(
        `SELECT ${COLUMNS}, o.created_at, o.updated_at FROM trade_order o WHERE o.order_id = $1`,
        [orderId],
      )
      return rows[0] ? toRecord(rows[0]) : null
    },
    list: (query) => listOrders(pool, query),
    listOpen: async () => (await pool.query<OpenOrder>(polled(`${OPEN} OR (${ENDED_WITHIN_A_DAY} AND NOT o.settled)`))).rows,
    listSettled: async () =>
      (await pool.query<OpenOrder>(polled(`${ENDED_WITHIN_A_DAY} AND o.settled AND o.paxos_order_id IS NOT NULL`))).rows,
    listWaiting: async (before) => {
      const { rows } = await pool.query<{ orderId: string; state: OrderState }>(
        `SELECT order_id AS "orderId", state FROM trade_order WHERE state IN ('submitting', 'unknown') AND updated_at < $1 ORDER BY updated_at LIMIT 1000`,
        [before],
      )
      return rows
    },
  }
}

async function listOrders(pool: Pool, { accountId, state, cursor, limit }: OrderQuery): Promise<Page<OrderRecord>> {
  const [time = null, orderId = null] = cursor ? decodeCursor(cursor, [ISO_TIME, ORDER_ID]) : []
  const { rows } = await pool.query<OrderRow>(
    `SELECT ${COLUMNS}, o.created_at, o.updated_at FROM trade_order o
     WHERE ($1::text IS NULL OR o.account_id = $1) AND ($2::text IS NULL OR o.state = $2)
       AND ($3::timestamptz IS NULL OR (o.created_at, o.order_id) < ($3, $4))
     ORDER BY o.created_at DESC, o.order_id DESC LIMIT $5`,
    [accountId ?? null, state ?? null, time, orderId, limit + 1],
  )
  return cutPage(rows.map(toRecord), { limit, view: (order) => order, key: ({ createdAt, orderId: id }) => [createdAt.toISOString(), id] })
}

function toRecord(row: OrderRow): OrderRecord {
  const { order } = ORDER_TABLE.snapshot(row, [])
  return { ...order, createdAt: row.created_at, updatedAt: row.updated_at }
}
