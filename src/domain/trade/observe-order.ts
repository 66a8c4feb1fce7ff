import { Amount } from '../money.ts'
import type { Flow } from './flow.ts'
import { type Execution, FINAL, type Order, type OrderState } from './order.ts'

/** An order as Paxos has it, with all its executions. */
export interface SeenOrder {
  readonly id: string
  /** An open set. */
  readonly status: string
  readonly amountFilled: Amount | null
  readonly averagePrice: Amount | null
  /** Null: executions were not read. */
  readonly executions: readonly Omit<Execution, 'annulled'>[] | null
}

/** The result of an observation of an order. `ignored`: why nothing changed. */
export interface Observed {
  readonly order: Order
  readonly flows: readonly Flow[]
  /** New executions, and executions that Paxos no longer lists. */
  readonly executed: readonly Execution[]
  readonly annulled: readonly Execution[]
  readonly ignored: 'nothing-new' | 'older-than-known' | null
}

/** Paxos's statuses (paxos/api.md 8.1). An unknown status leaves the order's state unchanged and is shown. */
const STATE_OF: Readonly<Record<string, OrderState>> = {
  PENDING_SUBMISSION: 'open',
  SUBMITTED: 'open',
  OPEN: 'open',
  FILLED: 'filled',
  CANCELLED: 'cancelled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
}

/** Whether Paxos may still fill an order of this status. */
export function isOpenAtPaxos(status: string): boolean {
  return STATE_OF[status] === 'open'
}

/**
 * What a read of the order means for it. Level-triggered: only the order as Paxos has it counts, so repeated, late and lost reads make no
 * difference. Paxos's cumulative figure wins over the sum of executions (A15). A read that is older than the record changes nothing. A
 * change after the end is a contradiction and holds the order. `now`: milliseconds since 1970.
 */
export function observeOrder(order: Order, seen: SeenOrder, now: number): Observed {
  const nothing = { flows: [], executed: [], annulled: [] }
  if (order.paxosOrderId !== null && order.paxosOrderId !== seen.id) {
    return { ...nothing, order: { ...order, state: 'held', reason: 'another-order' }, ignored: null }
  }
  const filled = seen.amountFilled ?? Amount.of(order.amountFilled)
  const { executions, executed, annulled } = mergeExecutions(order, seen, filled)
  const state = stateAfter(order, seen)
  const older = state === null || (filled.lessThan(Amount.of(order.amountFilled)) && annulled.length === 0)
  if (older) return { ...nothing, order, ignored: 'older-than-known' }
  const next: Order = {
    ...order,
    state,
    reason: state === 'held' ? 'changed-after-its-end' : state === 'rejected' ? (order.reason ?? 'rejected-by-paxos') : order.reason,
    paxosOrderId: seen.id,
    paxosStatus: seen.status,
    amountFilled: String(filled),
    averagePrice: seen.averagePrice === null ? order.averagePrice : String(seen.averagePrice),
    executions,
    closedAt: order.closedAt ?? (FINAL.includes(state) ? now : null),
  }
  const after = { ...next, settled: isSettled(next) }
  const flows = [...executed.flatMap((each) => flowsOf(after, each)), ...annulled.flatMap((each) => reversed(after, each))]
  return { order: after, flows, executed, annulled, ignored: sameOrder(order, after) ? 'nothing-new' : null }
}

/** Null: the read is older than the record. */
function stateAfter(order: Order, seen: SeenOrder): OrderState | null {
  if (order.state === 'held') return 'held'
  const now = STATE_OF[seen.status]
  if (now === undefined) return order.state === 'submitting' || order.state === 'unknown' ? 'open' : order.state
  if (FINAL.includes(order.state)) {
    if (now === order.state) return now
    return now === 'open' ? null : 'held'
  }
  return now === 'open' && order.state === 'cancel_requested' ? 'cancel_requested' : now
}

/**
 * Adds new executions, and marks those that a listing no longer has as annulled. A listing may lag. So an execution counts as annulled only
 * when the order has ended and the listing adds up to exactly the amount that Paxos calls filled.
 */
function mergeExecutions(
  { executions: known, state }: Order,
  { executions: listed }: SeenOrder,
  filled: Amount,
): Pick<Observed, 'executed' | 'annulled'> & { executions: readonly Execution[] } {
  if (listed === null) return { executions: known, executed: [], annulled: [] }
  const ids = new Set(listed.map(({ id }) => id))
  const whole = Amount.sum(listed.map(({ amount }) => Amount.of(amount))).equals(filled)
  const executed = listed.filter(({ id }) => !known.some((each) => each.id === id)).map((each) => ({ ...each, annulled: false }))
  const annulled = FINAL.includes(state) && whole ? known.filter(({ id, annulled: already }) => !already && !ids.has(id)) : []
  const marked = known.map((each) => (annulled.includes(each) ? { ...each, annulled: true } : each))
  return { executions: executed.length + annulled.length === 0 ? known : [...marked, ...executed], executed, annulled }
}

/** The sum of the executions, annulled ones left out. */
export function executedAmount(executions: readonly Execution[]): Amount {
  return Amount.sum(executions.filter(({ annulled }) => !annulled).map(({ amount }) => Amount.of(amount)))
}

function isSettled({ state, executions, amountFilled }: Order): boolean {
  return FINAL.includes(state) && executedAmount(executions).equals(Amount.of(amountFilled))
}

/** The flows of one execution: base and quote in opposite directions, the commission out, the rebate in, each in its own asset (A23). */
export function flowsOf({ side, baseAsset, quoteAsset }: Pick<Order, 'side' | 'baseAsset' | 'quoteAsset'>, execution: Execution): Flow[] {
  const { id, commission, commissionAsset, rebate, rebateAsset } = execution
  const base = Amount.of(execution.amount)
  const quote = Amount.of(execution.grossAmount)
  const buys = side === 'BUY'
  return [
    { asset: baseAsset, amount: buys ? base : base.negated(), because: 'execution' as const, source: id },
    { asset: quoteAsset, amount: buys ? quote.negated() : quote, because: 'execution' as const, source: id },
    { asset: commissionAsset ?? quoteAsset, amount: Amount.of(commission ?? '0').negated(), because: 'commission' as const, source: id },
    { asset: rebateAsset ?? quoteAsset, amount: Amount.of(rebate ?? '0'), because: 'rebate' as const, source: id },
  ].filter(({ amount }) => !amount.isZero())
}

/** An annulled execution adds entries that reverse its flows. No entry is edited (A19). */
function reversed(order: Order, execution: Execution): Flow[] {
  return flowsOf(order, execution).map((flow) => ({ ...flow, amount: flow.amount.negated(), because: 'annulment' as const }))
}

function sameOrder(one: Order, other: Order): boolean {
  const fields = Object.keys(other) as (keyof Order)[] // an Order has these fields and no others
  return fields.every((field) => one[field] === other[field])
}
