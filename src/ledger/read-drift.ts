import type { Pool } from 'pg'

/** Customers in the order of their ids, for a comparison with Paxos's list. */
export async function listIdentityIds(pool: Pool, page: { after: string; createdBefore: Date; limit: number }): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT identity_id AS id FROM onboarding WHERE identity_id > $1 AND created_at < $2 ORDER BY identity_id LIMIT $3',
    [page.after, page.createdBefore, page.limit],
  )
  return rows.map(({ id }) => id)
}

/** What the ledger says of an order. */
export interface OrderOnRecord {
  readonly orderId: string
  readonly paxosOrderId: string | null
  readonly paxosStatus: string | null
}

const ORDER = `order_id AS "orderId", paxos_order_id AS "paxosOrderId", paxos_status AS "paxosStatus"`

export async function ordersById(pool: Pool, orderIds: readonly string[]): Promise<OrderOnRecord[]> {
  const { rows } = await pool.query<OrderOnRecord>(`SELECT ${ORDER} FROM trade_order WHERE order_id = ANY ($1)`, [orderIds])
  return rows
}

/** Orders that Paxos took, by the time of their request, oldest first. */
export async function ordersAtPaxosBetween(pool: Pool, window: { from: Date; to: Date; limit: number }): Promise<OrderOnRecord[]> {
  const { rows } = await pool.query<OrderOnRecord>(
    `SELECT ${ORDER} FROM trade_order WHERE created_at >= $1 AND created_at < $2 AND paxos_order_id IS NOT NULL ORDER BY created_at, order_id LIMIT $3`,
    [window.from, window.to, window.limit],
  )
  return rows
}
