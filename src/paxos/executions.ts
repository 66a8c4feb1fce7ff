import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { AnsweredAmount, RequiredAmount } from './transport/answered-amount.ts'
import { pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { queryString } from './transport/request-path.ts'
import { walkPages } from './transport/walk-pages.ts'

/** One fill of an order (paxos/api.md 8.1). */
export interface PaxosExecution {
  /** A 64-bit integer as text: a JavaScript number cannot hold it. */
  id: string
  orderId: string
  executedAt: string
  market: string
  side: string
  /** In the base asset. */
  amount: Amount
  price: Amount
  /** The fee, charged at the execution. For a sale Paxos takes it from the proceeds. Up to 19 decimals. */
  commission: Amount | null
  commissionAsset: string | null
  rebate: Amount | null
  rebateAsset: string | null
  /** Amount times price, in the quote asset. */
  grossTradeAmount: Amount | null
}

export interface ExecutionsOfPaxos {
  /** All executions of one order, over all pages, in Paxos's order. @throws PAXOS_ANSWER_MALFORMED for a listing that does not end */
  listOfOrder(orderId: string, options?: CallOptions): Promise<PaxosExecution[]>
  /** All executions of one account, likewise. */
  listOfAccount(accountId: string, options?: CallOptions): Promise<PaxosExecution[]>
}

const text = z.string().nullish()
const Execution = z
  .object({
    execution_id: z.string().min(1),
    order_id: z.string().min(1),
    executed_at: z.string().min(1),
    market: text,
    side: text,
    amount: RequiredAmount,
    price: RequiredAmount,
    commission: AnsweredAmount,
    commission_asset: text,
    rebate: AnsweredAmount,
    rebate_asset: text,
    gross_trade_amount: AnsweredAmount,
  })
  .transform(
    (execution): PaxosExecution => ({
      id: execution.execution_id,
      orderId: execution.order_id,
      executedAt: execution.executed_at,
      market: execution.market ?? '',
      side: execution.side ?? '',
      amount: execution.amount,
      price: execution.price,
      commission: execution.commission,
      commissionAsset: execution.commission_asset || null,
      rebate: execution.rebate,
      rebateAsset: execution.rebate_asset || null,
      grossTradeAmount: execution.gross_trade_amount,
    }),
  )
const ExecutionPage = pageOf('items', Execution)

const PAGE = 1000
/** With 1,000 a page: a million executions. */
const MOST_PAGES = 1000

export function executionsOfPaxos(call: PaxosCall): ExecutionsOfPaxos {
  const listAll = async (filter: Readonly<Record<string, string>>, options?: CallOptions): Promise<PaxosExecution[]> => {
    const operation = 'executions.list'
    const executions = new Map<string, PaxosExecution>()
    const readPage = (cursor: string | null) => {
      const path = `/executions${queryString({ ...filter, limit: PAGE, page_cursor: cursor })}`
      return call({ operation, feature: 'orders', path, mark: 'items', schema: ExecutionPage } as const, options)
    }
    for await (const { rows } of walkPages(readPage, { operation, mostPages: MOST_PAGES })) {
      // Rows move between pages while orders fill, so the same row may come twice (A47).
      for (const execution of rows) executions.set(execution.id, execution)
    }
    return [...executions.values()]
  }
  return {
    listOfOrder: async (orderId, options) =>
      (await listAll({ order_id: orderId }, options)).filter((execution) => execution.orderId === orderId),
    listOfAccount: (accountId, options) => listAll({ account_id: accountId }, options),
  }
}
