import { Amount } from '../money.ts'
import type { Transfer, TransferState } from './transfer.ts'

/** A transfer as Paxos has it now, with its customer. */
export interface SeenTransfer extends Omit<Transfer, 'transferId' | 'state' | 'reason' | 'moved'> {}

/** The result of a read of a transfer. `flow`: the signed amount to add to the recorded flows. `ignored`: why nothing changed. */
export interface ObservedTransfer {
  readonly transfer: Transfer
  readonly flow: Amount
  readonly ignored: 'nothing-new' | 'older-than-known' | null
}

/** Paxos's statuses (paxos/api.md 7). An unknown status leaves the transfer's state unchanged and is shown. */
const STATE_OF: Readonly<Record<string, 'pending' | 'completed' | 'failed'>> = {
  PENDING: 'pending',
  COMPLETED: 'completed',
  FAILED: 'failed',
}

/**
 * What a read of the transfer means for it. Level-triggered: only the transfer as Paxos has it counts, so repeated, late and lost events
 * make no difference (A33). A read that is older than the record changes nothing. `operator`: a person lets the live status decide.
 */
export function observeTransfer(known: Transfer, seen: SeenTransfer, { operator }: { operator: boolean }): ObservedTransfer {
  const unchanged = (ignored: ObservedTransfer['ignored']): ObservedTransfer => ({ transfer: known, flow: Amount.zero, ignored })
  if (known.state === 'held' && !operator) return unchanged('nothing-new')
  const contradiction = operator ? null : contradictionOf(known, seen)
  if (contradiction !== null) return { ...unchanged(null), transfer: { ...known, state: 'held', reason: contradiction } }
  const state = stateAfter(known, seen)
  if (state === null) return unchanged('older-than-known')
  // Only an unfinished transfer takes new amounts: a fee may become known late.
  const amounts = known.state === 'pending' || operator ? { amount: seen.amount, fee: seen.fee, total: seen.total } : {}
  const next: Transfer = { ...known, ...amounts, state, reason: null, paxosStatus: seen.paxosStatus }
  const target = movedIn(next)
  const flow = target.minus(Amount.of(known.moved))
  if (state === known.state && flow.isZero() && seen.paxosStatus === known.paxosStatus) return unchanged('nothing-new')
  return { transfer: { ...next, moved: String(target) }, flow, ignored: null }
}

/** A transfer has one account, asset and direction. After its end only a return changes it (A32). */
function contradictionOf(known: Transfer, seen: SeenTransfer): string | null {
  const another = known.profileId !== seen.profileId || known.asset !== seen.asset || known.direction !== seen.direction
  if (another || known.paxosTransferId !== seen.paxosTransferId) return 'another-transfer'
  const now = STATE_OF[seen.paxosStatus]
  if (now === 'completed' && (known.state === 'failed' || known.state === 'returned')) return 'completed-after-its-end'
  const changed = !Amount.of(known.total).equals(Amount.of(seen.total))
  return now === 'completed' && known.state === 'completed' && changed ? 'amount-changed' : null
}

/** Null: the read is older than the record. */
function stateAfter({ state, paxosStatus }: Transfer, seen: SeenTransfer): TransferState | null {
  const from = state === 'held' ? (STATE_OF[paxosStatus] ?? 'pending') : state
  const now = STATE_OF[seen.paxosStatus]
  if (now === undefined) return from
  if (now === 'failed') return from === 'completed' || from === 'returned' ? 'returned' : 'failed'
  return now === 'pending' && from !== 'pending' ? null : now
}

/**
 * The amount that a transfer in this state has moved, signed. An incoming one is credited when it completes. An outgoing one is debited as
 * soon as Paxos has it (assumed, docs/paxos.md), and given back when it fails.
 */
function movedIn({ state, direction, total, moved }: Transfer): Amount {
  if (state === 'held') return Amount.of(moved)
  if (state === 'failed' || state === 'returned') return Amount.zero
  if (direction === 'DEBIT') return Amount.of(total).negated()
  return state === 'completed' ? Amount.of(total) : Amount.zero
}
