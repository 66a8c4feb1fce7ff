import { type Draft, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { type Authority, type Decided, draftOf, type StreamRules } from '../stream.ts'

/**
 * Where a wire of the Sandbox stands. Its money is a transfer: a stream of its own that Paxos's events move.
 *
 * - `submitting`: committed here; the worker is asking Paxos for it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was asked for and the answer was lost. In: the worker, or an operator's replay of a held one. Out: the worker, by the
 *   list of transfers.
 * - `sent`: Paxos has it, and its transfer follows; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it; final. In: the worker. Out: never.
 * - `held`: the list of transfers does not tell whether Paxos has it. In: the worker. Out: an operator's replay that releases holds.
 */
export const WIRE_STATES = ['submitting', 'unknown', 'sent', 'rejected', 'held'] as const
export type WireState = (typeof WIRE_STATES)[number]

export const SEND_WIRE = 'send-wire'

/** A wire of invented money by deposit instructions of the Sandbox, as last committed. */
export interface Wire {
  /** Gatehouse's id: `wire-` and a hash of the Idempotency-Key. */
  readonly wireId: string
  /** Our deposit instructions. */
  readonly instructionsId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  /** The memo of the instructions: the wire quotes it, and so does its transfer. */
  readonly memoId: string
  readonly asset: string
  /** A decimal string, as sent. The balance grows by this amount less the fee of Paxos. */
  readonly amount: string
  readonly state: WireState
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface WireSnapshot extends Snapshot {
  readonly wire: Wire
}

/** Paxos has the wire. `how`: Paxos answered, or the list of transfers shows it. Paxos's answer is empty, so there is no id. */
interface SentReceipt extends Receipt {
  readonly kind: 'wire-sent'
  readonly how: 'answered' | 'found'
}

/** Opens the wire of a request: the intent is on record before anything is sent. */
export function openWire(wire: Wire): Draft<WireSnapshot> {
  const { wireId, instructionsId, accountId, asset, amount } = wire
  const requested: Entry = { kind: 'wire.requested', data: { accountId, instructionsId, asset, amount } }
  return intend(draftOf<WireSnapshot>({ wire, effects: [] }, [requested]), intendedEffect(wireId, { kind: SEND_WIRE }))
}

/** The rules of a wire. The only observation is that its command is being worked on. */
export const WIRE_RULES: StreamRules<WireSnapshot, null> = {
  kind: 'wire',
  stateOf: ({ wire }) => wire.state,
  knows: ({ wire }) => WIRE_STATES.includes(wire.state),
  open: () => null, // only a request opens a wire
  decide: (draft, _seen, { authority }) => decide(draft, authority),
  nextEffect: ({ wire: { state }, effects }) => (state === 'submitting' || state === 'unknown' ? effects.find(isOpen) : undefined),
  mustBeKnown: new Set([SEND_WIRE]),
  afterReceipt: (draft, _effect, receipt) => {
    if (receipt.kind === 'wire-refused') return moveTo(draft, { ...draft.wire, state: 'rejected', reason: String(receipt.reason) })
    return isSent(receipt) ? moveTo(draft, { ...draft.wire, state: 'sent', reason: null }) : draft
  },
  hold: (draft, reason) => moveTo(draft, { ...draft.wire, state: 'held', reason }),
  contradiction: 'another-answer',
  heldReason: ({ wire }) => (wire.state === 'held' ? (wire.reason ?? 'held') : null),
}

/** An attempt without a receipt: whether it acted is unknown until it is looked up. An operator may ask for one more look-up of a held wire. */
function decide(draft: Draft<WireSnapshot>, authority: Authority): Decided<WireSnapshot> {
  const { state } = draft.wire
  const [sending] = effectsOf(draft, SEND_WIRE)
  const lost = state === 'submitting' && sending?.state === 'intended' && sending.attempts > 0
  const released = state === 'held' && authority === 'operator' && sending?.state === 'intended'
  if (lost || released) {
    const unknown = moveTo(draft, { ...draft.wire, state: 'unknown', reason: null })
    return { kind: 'decided', draft: unknown, outcome: { kind: 'moved', to: 'unknown' } }
  }
  const unfinished = state === 'submitting' || state === 'unknown'
  const outcome: Outcome = unfinished ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function moveTo(draft: Draft<WireSnapshot>, wire: Wire): Draft<WireSnapshot> {
  const from = draft.wire.state
  const entry: Entry = { kind: 'wire.moved', data: { from, to: wire.state, reason: wire.reason } }
  return { ...draft, wire, entries: from === wire.state ? draft.entries : [...draft.entries, entry] }
}

/** Only send-wire writes receipts of this kind. */
export function isSent(receipt: Receipt): receipt is SentReceipt {
  return receipt.kind === 'wire-sent'
}
