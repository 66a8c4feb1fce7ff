import { type Draft, type Effect, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import { nextNotification, SEND_NOTIFICATION } from '../notification.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import { flowEntry } from './flow.ts'
import { isOpenAtPaxos, type Observed, observeOrder, type SeenOrder } from './observe-order.ts'
import { type Execution, FINAL, ORDER_STATES, type Order, type OrderState } from './order.ts'

export const PLACE_ORDER = 'place-order'
export const CANCEL_ORDER = 'cancel-order'

/** An order with its effects: the basis of decisions. */
export interface OrderSnapshot extends Snapshot {
  readonly order: Order
}

/**
 * The reasons to advance an order. `placed`: the order was requested. `cancel-asked`: its cancellation was requested. `read`: a poll found
 * a change; null: Paxos has no order with its ref_id.
 */
export type OrderSeen =
  | { readonly kind: 'placed'; readonly now: number }
  | { readonly kind: 'cancel-asked'; readonly now: number }
  | { readonly kind: 'read'; readonly order: SeenOrder | null; readonly now: number }

/** Paxos has the order. `how`: placed by our call, or found by our ref_id. */
interface PlacedReceipt extends Receipt {
  readonly kind: 'order-placed'
  readonly paxosOrderId: string
  readonly how: 'created' | 'adopted'
  /** Paxos's status in that answer; absent in receipts of older versions. */
  readonly status?: string
}

/** Paxos refused the order, or it was too late to send it: no order exists. `reason`: a word of ours, or the slug of the problem type. */
interface RefusedReceipt extends Receipt {
  readonly kind: 'order-refused'
  readonly reason: string
}

/** The notification of an order's end. An expired order ends unfilled, like a cancelled one. */
const TOLD: Readonly<Partial<Record<OrderState, string>>> = {
  filled: 'order_filled',
  cancelled: 'order_cancelled',
  expired: 'order_cancelled',
  rejected: 'order_rejected',
}

/** Opens the order of a request: the intent is on record before anything is sent. */
export function openOrder(order: Order): Draft<OrderSnapshot> {
  const { accountId, side, market, type, baseAmount, quoteAmount } = order
  const requested: Entry = { kind: 'order.requested', data: { accountId, side, market, type, baseAmount, quoteAmount } }
  return intend(draftOf<OrderSnapshot>({ order, effects: [] }, [requested]), intendedEffect(order.orderId, { kind: PLACE_ORDER }))
}

/** The rules of an order. */
export const ORDER_RULES: StreamRules<OrderSnapshot, OrderSeen> = {
  kind: 'order',
  stateOf: ({ order }) => order.state,
  knows: ({ order }) => ORDER_STATES.includes(order.state),
  open: () => null, // only a request opens an order
  decide: (draft, seen) => {
    switch (seen.kind) {
      case 'placed':
        return decidePlaced(draft)
      case 'cancel-asked':
        return decideCancel(draft)
      case 'read':
        return seen.order === null ? ignored(draft, 'unknown-at-paxos') : decideRead(draft, seen.order, seen.now)
    }
  },
  nextEffect: ({ order, effects }) => effects.find((effect) => isOpen(effect) && isWanted(order.state, effect)),
  mustBeKnown: new Set([PLACE_ORDER]),
  afterReceipt,
  hold: (draft, reason) => moveTo(draft, { ...draft.order, state: 'held', reason }),
  contradiction: 'another-order',
  heldReason: ({ order }) => (order.state === 'held' ? (order.reason ?? 'held') : null),
}

/** Placing comes first, then a requested cancellation, then the notification of the end. */
function isWanted(state: OrderState, { kind }: Effect): boolean {
  if (kind === PLACE_ORDER) return state === 'submitting' || state === 'unknown'
  if (kind === CANCEL_ORDER) return state === 'cancel_requested'
  return kind === SEND_NOTIFICATION && FINAL.includes(state)
}

/** An attempt without a receipt: whether it acted is unknown until it is looked up (A4). */
function decidePlaced(draft: Draft<OrderSnapshot>): Decided<OrderSnapshot> {
  const { order } = draft
  const [placing] = effectsOf(draft, PLACE_ORDER)
  const lost = order.state === 'submitting' && placing?.state === 'intended' && placing.attempts > 0
  if (lost) return decided(moveTo(draft, { ...order, state: 'unknown' }), { kind: 'moved', to: 'unknown' })
  if (order.state === 'submitting') return decided(draft, { kind: 'moved', to: 'submitting' })
  return ignored(draft, `already-${order.state}`)
}

function decideCancel(draft: Draft<OrderSnapshot>): Decided<OrderSnapshot> {
  const { order } = draft
  if (order.state === 'submitting' || order.state === 'unknown')
    return { kind: 'wait', because: `the order is ${order.state}: Paxos cannot cancel it yet` }
  if (order.state !== 'open') return ignored(draft, `already-${order.state}`)
  const requested = moveTo(draft, { ...order, state: 'cancel_requested' })
  return decided(intend(requested, intendedEffect(order.orderId, { kind: CANCEL_ORDER })), { kind: 'moved', to: 'cancel_requested' })
}

function decideRead(draft: Draft<OrderSnapshot>, seen: SeenOrder, now: number): Decided<OrderSnapshot> {
  const observed = observeOrder(draft.order, seen, now)
  if (observed.ignored !== null) return ignored(draft, observed.ignored)
  const { order } = observed
  const entries = [...executionEntries(observed), ...(order.settled && !draft.order.settled ? [settledEntry(order)] : [])]
  const known: Draft<OrderSnapshot> = { ...draft, entries: [...draft.entries, ...entries] }
  const outcome: Outcome = order.state === 'held' ? { kind: 'held', reason: order.reason ?? 'held' } : { kind: 'moved', to: order.state }
  return decided(moveTo(known, order), outcome)
}

/** Entries for new and annulled executions: one for the fact, one for each flow. */
function executionEntries({ order, executed, annulled, flows }: Observed): Entry[] {
  const fact = (kind: string, { id, amount, price }: Execution): Entry => ({ kind, data: { executionId: id, amount, price } })
  return [
    ...executed.map((execution) => fact('order.executed', execution)),
    ...annulled.map((execution) => fact('order.annulled', execution)),
    ...flows.map((flow) => flowEntry(order.accountId, flow)),
  ]
}

function settledEntry({ amountFilled, averagePrice }: Order): Entry {
  return { kind: 'order.settled', data: { amountFilled, averagePrice } }
}

function afterReceipt(draft: Draft<OrderSnapshot>, effect: Effect, receipt: Receipt): Draft<OrderSnapshot> {
  const { order } = draft
  if (isPlaced(receipt)) {
    // A late receipt, after a read by ref_id, says nothing new.
    const state = order.state === 'submitting' || order.state === 'unknown' ? 'open' : order.state
    // This answer does not end the order, since it lacks the executions: the next poll sees another status and reads the order.
    const paxosStatus = order.paxosStatus ?? (receipt.status && isOpenAtPaxos(receipt.status) ? receipt.status : null)
    return moveTo(draft, { ...order, state, paxosOrderId: receipt.paxosOrderId, paxosStatus })
  }
  if (isRefused(receipt))
    return moveTo(draft, { ...order, state: 'rejected', reason: receipt.reason, closedAt: effect.intendedAt, settled: true })
  return draft
}

/** Moves the order, adds an entry if its state or its fill changed, and intends the notification of an end. */
function moveTo(draft: Draft<OrderSnapshot>, order: Order): Draft<OrderSnapshot> {
  const from = draft.order.state
  const { state, amountFilled, paxosStatus, reason } = order
  const changed = from !== state || draft.order.amountFilled !== amountFilled || draft.order.paxosStatus !== paxosStatus
  const entry: Entry = { kind: 'order.moved', data: { from, to: state, status: paxosStatus, amountFilled, reason } }
  const moved: Draft<OrderSnapshot> = { ...draft, order, entries: changed ? [...draft.entries, entry] : draft.entries }
  const told = TOLD[state]
  return told === undefined || from === state ? moved : intend(moved, nextNotification(order.orderId, told, moved))
}

const decided = (draft: Draft<OrderSnapshot>, outcome: Outcome): Decided<OrderSnapshot> => ({ kind: 'decided', draft, outcome })
const ignored = (draft: Draft<OrderSnapshot>, because: string): Decided<OrderSnapshot> => decided(draft, { kind: 'ignored', because })

/** Only place-order writes receipts of this kind. */
export function isPlaced(receipt: Receipt): receipt is PlacedReceipt {
  return receipt.kind === 'order-placed'
}
export function isRefused(receipt: Receipt): receipt is RefusedReceipt {
  return receipt.kind === 'order-refused'
}
