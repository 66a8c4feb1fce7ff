import { type Draft, type Effect, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import { Amount } from '../money.ts'
import { nextNotification, SEND_NOTIFICATION } from '../notification.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import { flowEntry } from '../trade/flow.ts'

/**
 * Where a deposit of the Sandbox stands.
 *
 * - `submitting`: committed here; the worker is asking Paxos for it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was asked for and the answer was lost. In: the worker. Out: the worker, by the account's balance.
 * - `completed`: the money is there and the application was told; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it; final. In: the worker. Out: never.
 * - `held`: the balance does not tell whether it is there. In: the worker. Out: an operator.
 */
export const DEPOSIT_STATES = ['submitting', 'unknown', 'completed', 'rejected', 'held'] as const
export type DepositState = (typeof DEPOSIT_STATES)[number]

export const FUND_ACCOUNT = 'fund-account'

/** Invented money for an account of the Sandbox, as last committed. */
export interface Deposit {
  /** Gatehouse's id: `deposit-` and a hash of the Idempotency-Key. */
  readonly depositId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  readonly asset: string
  /** A decimal string, as sent. */
  readonly amount: string
  readonly state: DepositState
  readonly reason: string | null
  /** Paxos's id of the activity; null while unknown, and for a deposit that only the balance has shown. */
  readonly activityId: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface DepositSnapshot extends Snapshot {
  readonly deposit: Deposit
}

/** The money has arrived. `how`: Paxos answered, or the account's balance shows it. */
interface FundedReceipt extends Receipt {
  readonly kind: 'account-funded'
  readonly activityId: string | null
  readonly how: 'answered' | 'found'
}

/** Opens the deposit of a request: the intent is on record before anything is sent. */
export function openDeposit(deposit: Deposit): Draft<DepositSnapshot> {
  const { depositId, accountId, asset, amount } = deposit
  const requested: Entry = { kind: 'deposit.requested', data: { accountId, asset, amount } }
  return intend(draftOf<DepositSnapshot>({ deposit, effects: [] }, [requested]), intendedEffect(depositId, { kind: FUND_ACCOUNT }))
}

/** The rules of a deposit. The only observation is that its command is being worked on. */
export const DEPOSIT_RULES: StreamRules<DepositSnapshot, null> = {
  kind: 'deposit',
  stateOf: ({ deposit }) => deposit.state,
  knows: ({ deposit }) => DEPOSIT_STATES.includes(deposit.state),
  open: () => null, // only a request opens a deposit
  decide: (draft): Decided<DepositSnapshot> => {
    const { state } = draft.deposit
    const [funding] = effectsOf(draft, FUND_ACCOUNT)
    const lost = state === 'submitting' && funding?.state === 'intended' && funding.attempts > 0
    if (lost)
      return { kind: 'decided', draft: moveTo(draft, { ...draft.deposit, state: 'unknown' }), outcome: { kind: 'moved', to: 'unknown' } }
    const outcome: Outcome = state === 'submitting' ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
    return { kind: 'decided', draft, outcome }
  },
  nextEffect: ({ deposit: { state }, effects }) =>
    effects.find(
      (effect) =>
        isOpen(effect) && (effect.kind === SEND_NOTIFICATION ? state === 'completed' : state === 'submitting' || state === 'unknown'),
    ),
  mustBeKnown: new Set([FUND_ACCOUNT]),
  afterReceipt: (draft, effect, receipt) => afterReceipt(draft, effect, receipt),
  hold: (draft, reason) => moveTo(draft, { ...draft.deposit, state: 'held', reason }),
  contradiction: 'another-activity',
  heldReason: ({ deposit }) => (deposit.state === 'held' ? (deposit.reason ?? 'held') : null),
}

function afterReceipt(draft: Draft<DepositSnapshot>, _effect: Effect, receipt: Receipt): Draft<DepositSnapshot> {
  const { deposit } = draft
  if (receipt.kind === 'deposit-refused') return moveTo(draft, { ...deposit, state: 'rejected', reason: String(receipt.reason) })
  if (!isFunded(receipt)) return draft
  const { accountId, asset, amount, depositId } = deposit
  const flow = flowEntry(accountId, { asset, amount: Amount.of(amount), because: 'deposit', source: receipt.activityId ?? depositId })
  const moved = moveTo(draft, { ...deposit, state: 'completed', activityId: receipt.activityId })
  const funded = { ...moved, entries: [...moved.entries, flow] }
  return intend(funded, nextNotification(depositId, 'deposit_completed', funded))
}

function moveTo(draft: Draft<DepositSnapshot>, deposit: Deposit): Draft<DepositSnapshot> {
  const entry: Entry = { kind: 'deposit.moved', data: { from: draft.deposit.state, to: deposit.state, reason: deposit.reason } }
  return { ...draft, deposit, entries: draft.deposit.state === deposit.state ? draft.entries : [...draft.entries, entry] }
}

/** Only fund-account writes receipts of this kind. */
export function isFunded(receipt: Receipt): receipt is FundedReceipt {
  return receipt.kind === 'account-funded'
}

/** The notification of a deposit. */
export interface DepositNotification {
  kind: 'deposit.completed'
  data: { identityId: string; accountId: string; depositId: string; asset: string; amount: string }
}

export function depositNotification({ deposit }: DepositSnapshot): DepositNotification {
  const { identityId, accountId, depositId, asset, amount } = deposit
  return { kind: 'deposit.completed', data: { identityId, accountId, depositId, asset, amount } }
}
