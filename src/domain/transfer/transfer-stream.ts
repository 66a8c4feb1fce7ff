import { type Draft, type Entry, effectsOf, intend, isOpen, type Snapshot } from '../effect.ts'
import type { Amount } from '../money.ts'
import { nextNotification, SEND_NOTIFICATION } from '../notification.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import { flowEntry } from '../trade/flow.ts'
import { observeTransfer, type SeenTransfer } from './observe-transfer.ts'
import { TRANSFER_STATES, type Transfer } from './transfer.ts'

export interface TransferSnapshot extends Snapshot {
  readonly transfer: Transfer
}

/** Names of the notifications of a transfer. */
export const DEPOSIT_COMPLETED = 'deposit_completed'
export const DEPOSIT_RETURNED = 'deposit_returned'

/** The rules of a transfer: its only effects are notifications. */
export const TRANSFER_RULES: StreamRules<TransferSnapshot, SeenTransfer> = {
  kind: 'transfer',
  stateOf: ({ transfer }) => transfer.state,
  knows: ({ transfer }) => TRANSFER_STATES.includes(transfer.state),
  open: (transferId, seen) => {
    const { accountId, paxosTransferId, direction, type, asset, amount, fee, total, returnOf } = seen
    const entry: Entry = {
      kind: 'transfer.seen',
      data: { accountId, paxosTransferId, direction, type, asset, amount, fee, total, returnOf },
    }
    const transfer: Transfer = { ...seen, transferId, state: 'pending', reason: null, moved: '0' }
    return draftOf<TransferSnapshot>({ transfer, effects: [] }, [entry])
  },
  decide,
  nextEffect: ({ transfer, effects }) => (transfer.state === 'held' ? undefined : effects.find(isOpen)),
  mustBeKnown: new Set(),
  afterReceipt: (draft) => draft,
  hold: (draft, reason) => moveTo(draft, { ...draft.transfer, state: 'held', reason }),
  contradiction: 'another-transfer',
  heldReason: ({ transfer }) => (transfer.state === 'held' ? (transfer.reason ?? 'held') : null),
}

function decide(
  draft: Draft<TransferSnapshot>,
  seen: SeenTransfer,
  { authority, fresh }: { authority: string; fresh: boolean },
): Decided<TransferSnapshot> {
  const observed = observeTransfer(draft.transfer, seen, { operator: authority === 'operator' })
  const { transfer, flow, ignored } = observed
  if (ignored !== null && !fresh) return { kind: 'decided', draft, outcome: { kind: 'ignored', because: ignored } }
  if (transfer.state === 'held')
    return { kind: 'decided', draft: moveTo(draft, transfer), outcome: { kind: 'held', reason: transfer.reason ?? 'held' } }
  return { kind: 'decided', draft: withFlow(moveTo(draft, transfer), flow), outcome: { kind: 'moved', to: transfer.state } }
}

/** A return at any later time is a further entry beside the one that it takes back (A32). */
function withFlow(draft: Draft<TransferSnapshot>, amount: Amount): Draft<TransferSnapshot> {
  if (amount.isZero()) return draft
  const { accountId, asset, paxosTransferId, returnOf, state } = draft.transfer
  const because = returnOf !== null || state === 'returned' || state === 'failed' ? 'return' : 'transfer'
  const flow = flowEntry(accountId, { asset, amount, because, source: paxosTransferId })
  return { ...draft, entries: [...draft.entries, flow] }
}

/** Moves the transfer, adds an entry, and intends the notification of it. */
function moveTo(draft: Draft<TransferSnapshot>, transfer: Transfer): Draft<TransferSnapshot> {
  const from = draft.transfer.state
  const { state: to, paxosStatus: status, total, reason } = transfer
  const entry: Entry = { kind: 'transfer.moved', data: { from, to, status, total, reason } }
  const changed = from !== to || draft.transfer.paxosStatus !== status || draft.transfer.total !== total
  const moved = { ...draft, transfer, entries: changed ? [...draft.entries, entry] : draft.entries }
  const told = from === to ? null : notificationOf(transfer)
  const again = told !== null && effectsOf(moved, SEND_NOTIFICATION, told).length > 0
  return told === null || again ? moved : intend(moved, nextNotification(transfer.transferId, told, moved))
}

/**
 * The application is notified of a completed deposit, and of one that was taken back. It makes moves between profiles itself, so they need
 * no notification.
 */
function notificationOf({ state, direction, type, returnOf }: Transfer): string | null {
  const deposit = direction === 'CREDIT' && type.endsWith('_DEPOSIT')
  if (state === 'completed') return deposit ? DEPOSIT_COMPLETED : returnOf === null ? null : DEPOSIT_RETURNED
  return state === 'returned' && deposit ? DEPOSIT_RETURNED : null
}
