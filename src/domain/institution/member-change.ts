import { type Draft, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { type Authority, type Decided, draftOf, type StreamRules } from '../stream.ts'
import type { NewMember } from './institution-members.ts'

/**
 * Where a change of an institution's members stands.
 *
 * - `submitting`: committed here; the worker is asking Paxos for it. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was asked for and the answer was lost. In: the worker, or an operator's replay of a held one. Out: the worker, by the
 *   members that Paxos has.
 * - `done`: Paxos has changed the members; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it, or a rule forbids it by now; final. In: the worker. Out: never.
 * - `held`: Paxos has some of the members and not the others. In: the worker. Out: an operator's replay that releases holds.
 */
export const MEMBER_CHANGE_STATES = ['submitting', 'unknown', 'done', 'rejected', 'held'] as const
export type MemberChangeState = (typeof MEMBER_CHANGE_STATES)[number]

/** The command of a change. */
export const CHANGE_MEMBERS = 'change-members'
/** The effect of a change, by its action. */
export const MEMBER_EFFECTS = { add: 'add-members', remove: 'remove-member' } as const
export type MemberAction = keyof typeof MEMBER_EFFECTS
export const MEMBER_ACTIONS = ['add', 'remove'] as const satisfies readonly MemberAction[]

/** One request to add members to an institution or to remove one, as last committed. */
export interface MemberChange {
  /** Gatehouse's id: `members-` and a hash of the Idempotency-Key. */
  readonly changeId: string
  /** The institution. */
  readonly identityId: string
  readonly action: MemberAction
  /** The members to add; none for a removal. */
  readonly members: readonly NewMember[]
  /** Paxos's id of the member to remove; null for an addition. */
  readonly memberId: string | null
  readonly state: MemberChangeState
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface MemberChangeSnapshot extends Snapshot {
  readonly change: MemberChange
}

/** Paxos has changed the members. `how`: it answered, or the list of members shows it. */
interface ChangedReceipt extends Receipt {
  readonly kind: 'members-changed'
  readonly how: 'answered' | 'found'
}

/** Opens the change of a request: the intent is on record before anything is sent. */
export function openMemberChange(change: MemberChange): Draft<MemberChangeSnapshot> {
  const { changeId, identityId, action, members, memberId } = change
  const data = { identityId, action, memberId, members: members.map((member) => member.identityId) }
  const opened = draftOf<MemberChangeSnapshot>({ change, effects: [] }, [{ kind: 'members.requested', data }])
  return intend(opened, intendedEffect(changeId, { kind: MEMBER_EFFECTS[action] }))
}

/** The rules of a change. The only observation is that its command is being worked on. */
export const MEMBER_CHANGE_RULES: StreamRules<MemberChangeSnapshot, null> = {
  kind: 'member-change',
  stateOf: ({ change }) => change.state,
  knows: ({ change }) => MEMBER_CHANGE_STATES.includes(change.state),
  open: () => null, // only a request opens a change
  decide: (draft, _seen, { authority }) => decide(draft, authority),
  nextEffect: ({ change: { state }, effects }) => (state === 'submitting' || state === 'unknown' ? effects.find(isOpen) : undefined),
  mustBeKnown: new Set(Object.values(MEMBER_EFFECTS)),
  afterReceipt: (draft, _effect, receipt) => {
    if (receipt.kind === 'members-refused') return moveTo(draft, { ...draft.change, state: 'rejected', reason: String(receipt.reason) })
    return isChanged(receipt) ? moveTo(draft, { ...draft.change, state: 'done', reason: null }) : draft
  },
  hold: (draft, reason) => moveTo(draft, { ...draft.change, state: 'held', reason }),
  contradiction: 'another-answer',
  heldReason: ({ change }) => (change.state === 'held' ? (change.reason ?? 'held') : null),
}

/** An attempt without a receipt: whether it acted is unknown until it is looked up. An operator may ask for one more look-up of a held change. */
function decide(draft: Draft<MemberChangeSnapshot>, authority: Authority): Decided<MemberChangeSnapshot> {
  const { state, action } = draft.change
  const [changing] = effectsOf(draft, MEMBER_EFFECTS[action])
  const lost = state === 'submitting' && changing?.state === 'intended' && changing.attempts > 0
  const released = state === 'held' && authority === 'operator' && changing?.state === 'intended'
  if (lost || released) {
    const unknown = moveTo(draft, { ...draft.change, state: 'unknown', reason: null })
    return { kind: 'decided', draft: unknown, outcome: { kind: 'moved', to: 'unknown' } }
  }
  const unfinished = state === 'submitting' || state === 'unknown'
  const outcome: Outcome = unfinished ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function moveTo(draft: Draft<MemberChangeSnapshot>, change: MemberChange): Draft<MemberChangeSnapshot> {
  const from = draft.change.state
  const entry: Entry = { kind: 'members.moved', data: { from, to: change.state, reason: change.reason } }
  return { ...draft, change, entries: from === change.state ? draft.entries : [...draft.entries, entry] }
}

/** Only the effects of a change write receipts of this kind. */
export function isChanged(receipt: Receipt): receipt is ChangedReceipt {
  return receipt.kind === 'members-changed'
}
