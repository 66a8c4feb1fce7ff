import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { PaxosAnswerMalformedError } from './paxos-errors.ts'
import { AnsweredAmount, RequiredAmount } from './transport/answered-amount.ts'
import { NextCursor } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { queryString } from './transport/request-path.ts'

/** One fill of an order (paxos/api.md 8.1). */
export interface PaxosExecution {
  /** Digits of up to 64 bits: a string, since a JavaScript number cannot hold it. */
  id: string
  orderId: string
  executedAt: string
  market: string
  side: string
  /** Of the base asset. */
  amount: Amount
  price: Amount
  /** Taken at the execution; of a sale from its proceeds. Up to 19 decimals. */
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
const ExecutionPage = z.object({ items: z.array(Execution).nullish(), next_page_cursor: NextCursor })

const PAGE = 1000
/** A million executions; a cursor that never ends must not hold a worker for ever. */
const MOST_PAGES = 1000

export function executionsOfPaxos(call: PaxosCall): ExecutionsOfPaxos {
  return {
    async listOfOrder(orderId, options) {
      const operation = 'executions.list'
      const executions = new Map<string, PaxosExecution>()
      let cursor: string | null = null
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const path: string = `/executions${queryString({ order_id: orderId, limit: PAGE, page_cursor: cursor })}`
        const request = { operation, feature: 'orders', path, schema: ExecutionPage } as const
        const { items, next_page_cursor } = await call(request, options)
        // Rows move between pages while orders fill, so one may come twice (A47).
        for (const execution of items ?? []) if (execution.orderId === orderId) executions.set(execution.id, execution)
        cursor = next_page_cursor
        if (cursor === null) return [...executions.values()]
      }
      throw new PaxosAnswerMalformedError({ operation, acts: false, problem: `more than ${MOST_PAGES} pages` })
    },
  }
}
