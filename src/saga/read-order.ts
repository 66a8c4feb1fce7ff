import { Amount } from '../domain/money.ts'
import { executedAmount, type SeenOrder } from '../domain/trade/observe-order.ts'
import type { Order } from '../domain/trade/order.ts'
import type { PaxosExecution } from '../paxos/executions.ts'
import type { PaxosOrder } from '../paxos/orders.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { CallOptions } from '../paxos/transport/paxos-call.ts'

/**
 * The order as Paxos has it now, with its executions when they must be read. Found by its ref_id, which works before its Paxos id is known.
 * Null: Paxos has none. @throws PaxosError
 */
export async function readOrder(paxos: PaxosClient, order: Order, refId: string, options: CallOptions): Promise<SeenOrder | null> {
  const { orders } = await paxos.orders.list({ profileId: order.profileId, refIds: [refId], ...options })
  const found = orders.find(({ id }) => id === order.paxosOrderId) ?? orders.findLast((each) => each.refId === refId) ?? null
  if (!found) return null
  const executions = mustReadExecutions(order, found) ? await paxos.executions.listOfOrder(found.id, options) : null
  return seenOrder(found, executions)
}

/** Whether executions must be read: the record lacks a fill, or one may have been annulled. An ended order is read whole. */
function mustReadExecutions(order: Order, { amountFilled }: PaxosOrder): boolean {
  const filled = amountFilled ?? Amount.zero
  return !filled.equals(executedAmount(order.executions)) || order.closedAt !== null
}

function seenOrder({ id, status, amountFilled, averagePrice }: PaxosOrder, executions: readonly PaxosExecution[] | null): SeenOrder {
  return { id, status, amountFilled, averagePrice, executions: executions?.map(toExecution) ?? null }
}

function toExecution({
  id,
  executedAt,
  amount,
  price,
  grossTradeAmount,
  ...fees
}: PaxosExecution): NonNullable<SeenOrder['executions']>[number] {
  const { commission, commissionAsset, rebate, rebateAsset } = fees
  return {
    id,
    executedAt,
    amount: String(amount),
    price: String(price),
    grossAmount: String(grossTradeAmount ?? amount.times(price)),
    commission: commission && String(commission),
    commissionAsset,
    rebate: rebate && String(rebate),
    rebateAsset,
  }
}
