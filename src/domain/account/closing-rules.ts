import { type Draft, type Effect, effectsOf, intend, intendedEffect, isOpen, suppressAll } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import type { Decided, StreamRules } from '../stream.ts'
import {
  type AccountClosing,
  CLOSING_STATES,
  type ClosingBlock,
  type ClosingReceipt,
  type ClosingSnapshot,
  type ClosingState,
  CONTINUED_STATES,
  DISABLE_ACCOUNT,
  moveClosing,
  REQUEST_CANCELLATIONS,
  SELL_HOLDINGS,
} from './account-closing.ts'
import { type ClosingSeen, planClosing, type Unfinished } from './plan-closing.ts'

/** Orders that a cancellation may end. */
const CANCELLABLE: readonly string[] = ['submitting', 'unknown', 'open']

/**
 * The rules of a closing: cancel, sell, wait until nothing is left, disable. Each look decides on the account's live state, so a crash or a
 * repeated timer changes nothing. A round of sales begins only when every order and movement has ended and settled.
 */
export const CLOSING_RULES: StreamRules<ClosingSnapshot, ClosingSeen> = {
  kind: 'account-closing',
  stateOf: ({ closing }) => closing.state,
  knows: ({ closing }) => CLOSING_STATES.includes(closing.state),
  open: () => null, // only a request opens one
  decide: (draft, seen) => {
    const { state } = draft.closing
    if (!(CONTINUED_STATES as readonly ClosingState[]).includes(state))
      return { kind: 'decided', draft, outcome: { kind: 'ignored', because: `already-${state}` } }
    // A round whose orders are not all on record goes on as it was decided: a second plan would sell the same again.
    if (effectsOf(draft, SELL_HOLDINGS).some(isOpen)) return moved(draft)
    return moved(seen.unfinished.length > 0 ? awaitEnds(draft, seen) : continueEmptying(draft, seen))
  },
  nextEffect: ({ closing, effects }) => effects.find((effect) => isOpen(effect) && isWanted(closing.state, effect)),
  mustBeKnown: new Set([SELL_HOLDINGS, DISABLE_ACCOUNT]),
  afterReceipt: (draft, _effect, receipt) => afterReceipt(draft, receipt as ClosingReceipt), // only the effects of a closing write receipts here
  hold: (draft, reason) => moveClosing(draft, { ...draft.closing, state: 'held', reason }),
  contradiction: 'another-answer',
  heldReason: ({ closing }) => (closing.state === 'held' ? (closing.reason ?? 'held') : null),
}

function isWanted(state: ClosingState, { kind }: Effect): boolean {
  if (kind === REQUEST_CANCELLATIONS) return state === 'cancelling' || state === 'selling'
  if (kind === SELL_HOLDINGS) return state === 'selling'
  return kind === DISABLE_ACCOUNT && state === 'finishing'
}

function moved(draft: Draft<ClosingSnapshot>): Decided<ClosingSnapshot> {
  const outcome: Outcome = { kind: 'moved', to: draft.closing.state }
  return { kind: 'decided', draft, outcome }
}

/** Requests the cancellation of open orders, once each, and waits for the end of everything else. Sales of the closing itself are not cancelled. */
function awaitEnds(draft: Draft<ClosingSnapshot>, { unfinished }: ClosingSeen): Draft<ClosingSnapshot> {
  const { closing } = draft
  const sold = closing.sales.map(({ orderId }) => orderId)
  const open = unfinished.filter(({ kind, id, state }) => kind === 'order' && CANCELLABLE.includes(state) && !sold.includes(id))
  const asked = open.map(({ id }) => id).filter((id) => !closing.cancels.includes(id))
  const state = unfinished.some(({ id }) => sold.includes(id)) ? 'selling' : 'cancelling'
  const next = moveClosing(draft, { ...closing, state, cancels: [...closing.cancels, ...asked], blocks: unfinished.map(blockOf) })
  return asked.length === 0 ? next : intendNext(next, REQUEST_CANCELLATIONS)
}

function blockOf({ kind, id, state }: Unfinished): ClosingBlock {
  return { kind: 'unfinished', asset: null, amount: null, detail: `${kind} ${id} ${state}` }
}

/** Nothing is under way: sells what can be sold, names what is left, or closes the empty account. */
function continueEmptying(draft: Draft<ClosingSnapshot>, seen: ClosingSeen): Draft<ClosingSnapshot> {
  // A cancellation that was not requested yet has nothing to cancel any more.
  const idle = suppressAll(draft, effectsOf(draft, REQUEST_CANCELLATIONS).filter(isOpen))
  const { closing } = idle
  if (seen.holdings === null) return idle
  const { sales, blocks } = planClosing(closing, seen)
  if (sales.length > 0) return intendNext(moveClosing(idle, newRound(closing, seen, { sales, blocks })), SELL_HOLDINGS)
  if (blocks.length > 0) return moveClosing(idle, { ...closing, state: 'waiting', blocks })
  return intendNext(moveClosing(idle, { ...closing, state: 'finishing', blocks: [] }), DISABLE_ACCOUNT)
}

function newRound(closing: AccountClosing, { ends, now }: ClosingSeen, planned: Pick<AccountClosing, 'sales' | 'blocks'>): AccountClosing {
  const refusals = ends.some(({ filled }) => !filled) ? closing.refusals + 1 : 0
  return { ...closing, ...planned, state: 'selling', round: closing.round + 1, refusals, soldAt: now }
}

/** The effect of this kind with the next number: each has a key of its own, made from the closing's id. */
function intendNext(draft: Draft<ClosingSnapshot>, kind: string): Draft<ClosingSnapshot> {
  const number = kind === SELL_HOLDINGS ? draft.closing.round : effectsOf(draft, kind).length + 1
  return intend(draft, intendedEffect(draft.closing.closingId, { kind, number }))
}

function afterReceipt(draft: Draft<ClosingSnapshot>, receipt: ClosingReceipt): Draft<ClosingSnapshot> {
  const { closing } = draft
  switch (receipt.kind) {
    case 'cancellations-requested':
      return draft
    case 'sales-placed': {
      const orders = JSON.parse(receipt.orders) as Readonly<Record<string, string>> // the effect wrote it
      return { ...draft, closing: { ...closing, sales: closing.sales.map((sale) => ({ ...sale, orderId: orders[sale.asset] ?? null })) } }
    }
    case 'account-disabled':
      return moveClosing(draft, { ...closing, state: 'closed' })
    case 'account-not-empty':
      return moveClosing(draft, { ...closing, state: 'waiting' })
  }
}
