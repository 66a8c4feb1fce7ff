import { type Draft, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'

/**
 * Where a request for deposit instructions stands.
 *
 * - `submitting`: committed here; the worker is asking Paxos for them. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: they were asked for and the answer was lost. In: the worker. Out: the worker, by a look-up of the ref_id.
 * - `created`: Paxos has them; the customer may send money; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused; final. In: the worker. Out: never.
 * - `held`: what Paxos has under our ref_id is not what was asked for. In: the worker. Out: an operator.
 */
export const INSTRUCTIONS_STATES = ['submitting', 'unknown', 'created', 'rejected', 'held'] as const
export type InstructionsState = (typeof INSTRUCTIONS_STATES)[number]

/** Networks for incoming fiat (paxos/api.md 7). */
export const FIAT_NETWORKS = ['WIRE', 'DBS_ACT', 'CUBIX', 'SCB', 'RTP'] as const
export type FiatNetwork = (typeof FIAT_NETWORKS)[number]
export const ROUTING_NUMBER_TYPES = ['ABA', 'SWIFT'] as const
export type RoutingNumberType = (typeof ROUTING_NUMBER_TYPES)[number]

export const CREATE_DEPOSIT_INSTRUCTIONS = 'create-deposit-instructions'

/** Deposit instructions as last committed. The bank's details stay at Paxos and are read when they are shown. */
export interface DepositInstructions {
  /** Gatehouse's id: `instructions-` and a hash of the Idempotency-Key. */
  readonly instructionsId: string
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  readonly network: FiatNetwork
  /** For WIRE only; null: Paxos's default. */
  readonly routingNumberType: RoutingNumberType | null
  readonly state: InstructionsState
  readonly reason: string | null
  readonly paxosInstructionsId: string | null
  /** The memo that the customer quotes in the payment; null until Paxos answers. */
  readonly memoId: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface InstructionsSnapshot extends Snapshot {
  readonly instructions: DepositInstructions
}

/** Paxos has them. `how`: created by our call, or found by our ref_id. */
interface CreatedReceipt extends Receipt {
  readonly kind: 'instructions-created'
  readonly paxosInstructionsId: string
  readonly memoId: string
  readonly how: 'created' | 'adopted'
}

/** Opens the instructions of a request: the intent is on record before anything is sent. */
export function openInstructions(instructions: DepositInstructions): Draft<InstructionsSnapshot> {
  const { instructionsId, accountId, network } = instructions
  const requested: Entry = { kind: 'instructions.requested', data: { accountId, network } }
  const opened = draftOf<InstructionsSnapshot>({ instructions, effects: [] }, [requested])
  return intend(opened, intendedEffect(instructionsId, { kind: CREATE_DEPOSIT_INSTRUCTIONS }))
}

/** The rules of a request for instructions. The only observation is that its command is being worked on. */
export const INSTRUCTIONS_RULES: StreamRules<InstructionsSnapshot, null> = {
  kind: 'deposit-instructions',
  stateOf: ({ instructions }) => instructions.state,
  knows: ({ instructions }) => INSTRUCTIONS_STATES.includes(instructions.state),
  open: () => null, // only a request opens them
  decide,
  nextEffect: ({ instructions: { state }, effects }) => (state === 'submitting' || state === 'unknown' ? effects.find(isOpen) : undefined),
  mustBeKnown: new Set([CREATE_DEPOSIT_INSTRUCTIONS]),
  afterReceipt: (draft, _effect, receipt) => {
    const { instructions } = draft
    if (receipt.kind === 'instructions-refused')
      return moveTo(draft, { ...instructions, state: 'rejected', reason: String(receipt.reason) })
    if (!isCreated(receipt)) return draft
    const { paxosInstructionsId, memoId } = receipt
    return moveTo(draft, { ...instructions, state: 'created', paxosInstructionsId, memoId })
  },
  hold: (draft, reason) => moveTo(draft, { ...draft.instructions, state: 'held', reason }),
  contradiction: 'another-instructions',
  heldReason: ({ instructions }) => (instructions.state === 'held' ? (instructions.reason ?? 'held') : null),
}

/** An attempt without a receipt: whether it acted is unknown until it is looked up. */
function decide(draft: Draft<InstructionsSnapshot>): Decided<InstructionsSnapshot> {
  const { state } = draft.instructions
  const [asking] = effectsOf(draft, CREATE_DEPOSIT_INSTRUCTIONS)
  if (state === 'submitting' && asking?.state === 'intended' && asking.attempts > 0) {
    const unknown = moveTo(draft, { ...draft.instructions, state: 'unknown' })
    return { kind: 'decided', draft: unknown, outcome: { kind: 'moved', to: 'unknown' } }
  }
  const unfinished = state === 'submitting' || state === 'unknown'
  const outcome: Outcome = unfinished ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function moveTo(draft: Draft<InstructionsSnapshot>, instructions: DepositInstructions): Draft<InstructionsSnapshot> {
  const from = draft.instructions.state
  const { state: to, reason, paxosInstructionsId } = instructions
  const entry: Entry = { kind: 'instructions.moved', data: { from, to, reason, paxosInstructionsId } }
  return { ...draft, instructions, entries: from === to ? draft.entries : [...draft.entries, entry] }
}

/** Only create-deposit-instructions writes receipts of this kind. */
export function isCreated(receipt: Receipt): receipt is CreatedReceipt {
  return receipt.kind === 'instructions-created'
}
