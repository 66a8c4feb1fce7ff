import { type Draft, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import type { AccountMember } from './account.ts'

/**
 * Where a change of an account's members stands.
 *
 * - `submitting`: committed here; the worker is sending it to Paxos. In: a request to our API. Out: the worker, when Paxos answers.
 * - `unknown`: it was sent and the answer was lost. In: the worker. Out: the worker, by reading the account back.
 * - `done`: Paxos has it; final. In: the worker. Out: never.
 * - `rejected`: Paxos refused it; final. In: the worker. Out: never.
 * - `held`: two answers of Paxos contradict each other. In: the worker. Out: never; a person compares at Paxos.
 */
export const ACCOUNT_MEMBER_CHANGE_STATES = ['submitting', 'unknown', 'done', 'rejected', 'held'] as const
export type AccountMemberChangeState = (typeof ACCOUNT_MEMBER_CHANGE_STATES)[number]
export const ACCOUNT_MEMBER_CHANGE_KINDS = ['add', 'remove'] as const
export type AccountMemberChangeKind = (typeof ACCOUNT_MEMBER_CHANGE_KINDS)[number]

/** The command that works on a change. */
export const CHANGE_ACCOUNT_MEMBERS = 'change-account-members'
export const ADD_ACCOUNT_MEMBERS = 'add-account-members'
export const REMOVE_ACCOUNT_MEMBER = 'remove-account-member'
const EFFECT_OF: Readonly<Record<AccountMemberChangeKind, string>> = { add: ADD_ACCOUNT_MEMBERS, remove: REMOVE_ACCOUNT_MEMBER }

/** A change of an account's members as last committed. */
export interface AccountMemberChange {
  /** Ours: `membership-` and a hash of the Idempotency-Key, for a removal of Paxos's id of the membership. */
  readonly changeKey: string
  readonly accountId: string
  /** The primary owner. */
  readonly identityId: string
  readonly kind: AccountMemberChangeKind
  /** The members to add, or the one to remove. */
  readonly members: readonly AccountMember[]
  readonly state: AccountMemberChangeState
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface AccountMemberChangeSnapshot extends Snapshot {
  readonly change: AccountMemberChange
}

/** Paxos has the change. `members`: the ids of the added memberships as JSON, by identity. `how`: by our call, or found there. */
interface ChangedReceipt extends Receipt {
  readonly kind: 'members-changed'
  readonly members: string
  readonly how: 'sent' | 'found'
}

/** Opens the change of a request: the intent is on record before anything is sent. */
export function openAccountMemberChange(change: AccountMemberChange): Draft<AccountMemberChangeSnapshot> {
  const { changeKey, accountId, kind, members } = change
  const listed = members.map(({ identityId, roles }) => `${identityId} ${roles.join('+')}`)
  const requested: Entry = { kind: 'members.requested', data: { accountId, kind, members: listed } }
  return intend(
    draftOf<AccountMemberChangeSnapshot>({ change, effects: [] }, [requested]),
    intendedEffect(changeKey, { kind: EFFECT_OF[kind] }),
  )
}

/** The rules of a change. The only observation is that its command is being worked on. */
export const ACCOUNT_MEMBER_CHANGE_RULES: StreamRules<AccountMemberChangeSnapshot, null> = {
  kind: 'account-member-change',
  stateOf: ({ change }) => change.state,
  knows: ({ change }) => ACCOUNT_MEMBER_CHANGE_STATES.includes(change.state),
  open: () => null, // only a request opens one
  decide,
  nextEffect: ({ change: { state }, effects }) => (state === 'submitting' || state === 'unknown' ? effects.find(isOpen) : undefined),
  mustBeKnown: new Set([ADD_ACCOUNT_MEMBERS, REMOVE_ACCOUNT_MEMBER]),
  afterReceipt: (draft, _effect, receipt) => {
    const { change } = draft
    if (!isChanged(receipt)) return moveTo(draft, { ...change, state: 'rejected', reason: String(receipt.reason) })
    const ids = JSON.parse(receipt.members) as Readonly<Record<string, string | null>> // the effects wrote it
    const members = change.members.map((member) => ({ ...member, memberId: ids[member.identityId] ?? member.memberId }))
    return moveTo(draft, { ...change, state: 'done', members })
  },
  hold: (draft, reason) => moveTo(draft, { ...draft.change, state: 'held', reason }),
  contradiction: 'another-answer',
  heldReason: ({ change }) => (change.state === 'held' ? (change.reason ?? 'held') : null),
}

/** The members of an account after these changes, which Paxos has made in this order. */
export function membersAfter(
  members: readonly AccountMember[],
  changes: readonly Pick<AccountMemberChange, 'kind' | 'members'>[],
): readonly AccountMember[] {
  return changes.reduce<readonly AccountMember[]>((current, { kind, members: changed }) => {
    const others = current.filter(({ identityId }) => !changed.some((member) => member.identityId === identityId))
    return kind === 'add' ? [...others, ...changed] : others
  }, members)
}

/** An attempt without a receipt: whether it acted is unknown until the account is read back. */
function decide(draft: Draft<AccountMemberChangeSnapshot>): Decided<AccountMemberChangeSnapshot> {
  const { state, kind } = draft.change
  const [sending] = effectsOf(draft, EFFECT_OF[kind])
  if (state === 'submitting' && sending?.state === 'intended' && sending.attempts > 0)
    return { kind: 'decided', draft: moveTo(draft, { ...draft.change, state: 'unknown' }), outcome: { kind: 'moved', to: 'unknown' } }
  const unfinished = state === 'submitting' || state === 'unknown'
  const outcome: Outcome = unfinished ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function moveTo(draft: Draft<AccountMemberChangeSnapshot>, change: AccountMemberChange): Draft<AccountMemberChangeSnapshot> {
  const { state: to, reason, accountId, kind } = change
  const entry: Entry = { kind: 'members.moved', data: { accountId, kind, from: draft.change.state, to, reason } }
  return { ...draft, change, entries: draft.change.state === to ? draft.entries : [...draft.entries, entry] }
}

/** Only the two effects of a change write receipts of this kind. */
export function isChanged(receipt: Receipt): receipt is ChangedReceipt {
  return receipt.kind === 'members-changed'
}
