import type { Pool } from 'pg'
import type { AccountClosing } from '../domain/account/account-closing.ts'
import type { SaleEnd, Unfinished } from '../domain/account/plan-closing.ts'
import { ACCOUNT_CLOSING_TABLE } from './account-closing-table.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

/** The closing of an account for operators and applications. */
export type ClosingRecord = StreamRecord<AccountClosing>

const idForm = /^closing-[0-9a-f]{32}$/
/** Closings whose orders are under way: looked at again soon. */
export const CLOSING_READS = streamReads(ACCOUNT_CLOSING_TABLE, { idForm, waiting: ['cancelling', 'selling'] })
/** Closings that wait for a person or a market: looked at again less often. */
export const WAITING_CLOSING_READS = streamReads(ACCOUNT_CLOSING_TABLE, { idForm, waiting: ['waiting'] })

/** The newest closing of an account, a stopped one included; null: there is none. */
export async function findLastClosing(pool: Pool, accountId: string): Promise<ClosingRecord | null> {
  const { items } = await CLOSING_READS.list(pool, { where: { accountId }, limit: 1 })
  return items[0] ?? null
}

/** Orders and movements of money of an account that have not ended. An order has ended once its executions are on record too. */
export async function readUnfinished(pool: Pool, accountId: string): Promise<Unfinished[]> {
  const { rows } = await pool.query<Unfinished>(
    `SELECT 'order' AS kind, order_id AS id, state FROM trade_order WHERE account_id = $1 AND (NOT settled OR state = 'held') UNION ALL
     SELECT 'quote-execution', execution_id, state FROM quote_execution
       WHERE account_id = $1 AND state IN ('submitting', 'unknown', 'created', 'held') UNION ALL
     SELECT 'deposit', deposit_id, state FROM deposit WHERE account_id = $1 AND state IN ('submitting', 'unknown', 'held') UNION ALL
     SELECT 'wire', wire_id, state FROM wire WHERE account_id = $1 AND state IN ('submitting', 'unknown', 'held') UNION ALL
     SELECT 'transfer', transfer_id, state FROM transfer WHERE account_id = $1 AND state IN ('pending', 'held')
     ORDER BY kind, id`,
    [accountId],
  )
  return rows
}

/** How the sales of a closing's last round ended, or stand. */
export async function readSaleEnds(pool: Pool, { sales }: Pick<AccountClosing, 'sales'>): Promise<SaleEnd[]> {
  const { rows } = await pool.query<SaleEnd>(
    `SELECT base_asset AS asset, state, reason, amount_filled > 0 AS filled FROM trade_order WHERE order_id = ANY ($1::text[]) ORDER BY base_asset`,
    [sales.flatMap(({ orderId }) => orderId ?? [])],
  )
  return rows
}
