import { type Draft, type Effect, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'

/**
 * Where a change of an identity stands.
 *
 * - `submitting`: committed here; the worker is sending it to Paxos. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was sent and the answer was lost. In: the worker. Out: the worker, by reading the identity back.
 * - `done`: Paxos has it; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it, or it was never sent; final. In: the worker. Out: never.
 * - `held`: two answers of Paxos contradict each other. In: the worker. Out: never; a person compares at Paxos.
 */
export const CHANGE_STATES = ['submitting', 'unknown', 'done', 'rejected', 'held'] as const
export type ChangeState = (typeof CHANGE_STATES)[number]

/**
 * What a change does at Paxos.
 * - `correction`: updates the identity's data, as a delta.
 * - `kyc-refresh`: the same with the date of the refresh, which completes it. Without a delta nothing has changed.
 * - `set-control`: restricts the identity.
 * - `lift-control`: deletes a restriction that we set.
 */
export const CHANGE_KINDS = ['correction', 'kyc-refresh', 'set-control', 'lift-control'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** Restrictions that a client may set (paxos/api.md 4.9). Paxos alone sets FROZEN. */
export const CLIENT_CONTROLS = ['SELL_ONLY', 'DORMANT', 'CLOSED'] as const
export type ClientControl = (typeof CLIENT_CONTROLS)[number]

/** Paxos's codes for the reason of a restriction (paxos/api.md 4.7). */
export const CONTROL_REASONS = [
  ...(['OTHER', 'END_USER_REQUEST', 'INACTIVITY', 'COMPLIANCE_KYC', 'COMPLIANCE_EDD', 'COMPLIANCE_SCREENING'] as const),
  ...(['COMPLIANCE_INVESTIGATION', 'COMPLIANCE_INCOMPLETE', 'RISK_FRAUD', 'LEGAL_ORDER', 'ADMINISTRATIVE'] as const),
] as const
export type ControlReason = (typeof CONTROL_REASONS)[number]

/** A change as last committed. It names fields and holds none of their values: those are sealed in the vault until the change has ended. */
export interface IdentityChange {
  /** Ours: `change-` and a hash of the Idempotency-Key. */
  readonly changeId: string
  readonly identityId: string
  readonly kind: ChangeKind
  readonly state: ChangeState
  readonly reason: string | null
  /** The paths of the fields that change: `person_details.last_name`; sorted. */
  readonly fields: readonly string[]
  /** The control's type; null for a change of data. */
  readonly control: string | null
  readonly reasonCode: ControlReason | null
  /** The control at Paxos: the one to lift, or the one that was set. */
  readonly controlId: string | null
  /** `path=hash` of each field of the request, keyed with ENCRYPTION_KEY, to tell a repeated request from a different one. */
  readonly inputHashes: readonly string[]
  /** Milliseconds since 1970. It is also the date of a KYC refresh at Paxos. */
  readonly requestedAt: number
}

export interface ChangeSnapshot extends Snapshot {
  readonly change: IdentityChange
}

/** What a change needs besides its record; sealed, because it is personal data. */
export interface ChangePayload {
  /** Paxos's own object, a delta; empty for a control. */
  readonly changes: Readonly<Record<string, unknown>>
  /** The free text of a control; null: none. */
  readonly reason: string | null
}

export const UPDATE_IDENTITY = 'update-identity'
export const SET_CONTROL = 'set-control'
export const LIFT_CONTROL = 'lift-control'
export const FINISH_CHANGE = 'finish-change'

const EFFECT_OF: Readonly<Record<ChangeKind, string>> = {
  correction: UPDATE_IDENTITY,
  'kyc-refresh': UPDATE_IDENTITY,
  'set-control': SET_CONTROL,
  'lift-control': LIFT_CONTROL,
}

/** Paxos has the change; a receipt `change-refused` says with `reason` why not. `how`: by our call, or found there. */
interface MadeReceipt extends Receipt {
  readonly kind: 'change-made'
  readonly controlId: string | null
  readonly how: 'sent' | 'found'
}

/** Opens the change of a request: the intent is on record before anything is sent. */
export function openChange(asked: Omit<IdentityChange, 'state' | 'reason'>): Draft<ChangeSnapshot> {
  const { changeId, identityId, kind, fields, control, reasonCode, controlId } = asked
  const requested: Entry = { kind: 'change.requested', data: { identityId, kind, fields, control, reasonCode, controlId } }
  const change: IdentityChange = { ...asked, state: 'submitting', reason: null }
  return intend(draftOf<ChangeSnapshot>({ change, effects: [] }, [requested]), intendedEffect(changeId, { kind: EFFECT_OF[kind] }))
}

/** The rules of a change: send it, then remove its data and read the identity again. The only observation is that its command is being worked on. */
export const CHANGE_RULES: StreamRules<ChangeSnapshot, null> = {
  kind: 'identity-change',
  stateOf: ({ change }) => change.state,
  knows: ({ change }) => CHANGE_STATES.includes(change.state),
  open: () => null, // only a request opens one
  decide,
  nextEffect: (snapshot) => {
    const { kind, state } = snapshot.change
    const open = (effect: string): Effect | undefined => effectsOf(snapshot, effect).find(isOpen)
    return isPending(state) ? open(EFFECT_OF[kind]) : open(FINISH_CHANGE)
  },
  mustBeKnown: new Set([UPDATE_IDENTITY, SET_CONTROL, LIFT_CONTROL]),
  afterReceipt: (draft, { kind }, receipt) => (kind === FINISH_CHANGE ? draft : finish(end(draft, receipt))),
  hold: (draft, reason) => finish(moveTo(draft, { ...draft.change, state: 'held', reason })),
  contradiction: 'another-answer',
  heldReason: ({ change }) => (change.state === 'held' ? (change.reason ?? 'held') : null),
}

/** Whether Paxos's answer is outstanding. */
export function isPending(state: ChangeState): boolean {
  return state === 'submitting' || state === 'unknown'
}

function end(draft: Draft<ChangeSnapshot>, receipt: Receipt): Draft<ChangeSnapshot> {
  const { change } = draft
  if (isMade(receipt)) return moveTo(draft, { ...change, state: 'done', controlId: receipt.controlId ?? change.controlId })
  return moveTo(draft, { ...change, state: 'rejected', reason: String(receipt.reason) })
}

function finish(draft: Draft<ChangeSnapshot>): Draft<ChangeSnapshot> {
  return intend(draft, intendedEffect(draft.change.changeId, { kind: FINISH_CHANGE }))
}

/** An attempt without a receipt: whether it acted is unknown until the identity is read back. */
function decide(draft: Draft<ChangeSnapshot>): Decided<ChangeSnapshot> {
  const { state, kind } = draft.change
  const [sending] = effectsOf(draft, EFFECT_OF[kind])
  if (state === 'submitting' && sending?.state === 'intended' && sending.attempts > 0) {
    return { kind: 'decided', draft: moveTo(draft, { ...draft.change, state: 'unknown' }), outcome: { kind: 'moved', to: 'unknown' } }
  }
  const outcome: Outcome = isPending(state) ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function moveTo(draft: Draft<ChangeSnapshot>, change: IdentityChange): Draft<ChangeSnapshot> {
  const from = draft.change.state
  const { state: to, reason, controlId } = change
  const entry: Entry = { kind: 'change.moved', data: { from, to, reason, controlId } }
  return { ...draft, change, entries: from === to ? draft.entries : [...draft.entries, entry] }
}

/** Only changes of identities write receipts of this kind. */
export function isMade(receipt: Receipt): receipt is MadeReceipt {
  return receipt.kind === 'change-made'
}
