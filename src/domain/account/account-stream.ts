import { type Draft, type Effect, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, suppressAll } from '../effect.ts'
import { nextNotification, SEND_NOTIFICATION } from '../notification.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import {
  ACCOUNT_STATES,
  type Account,
  type AccountMember,
  type AccountSnapshot,
  FORGET_INPUT,
  isOpened,
  OPEN_ACCOUNT,
  type OpenedReceipt,
} from './account.ts'
import { jointStanding, standingOfStatus } from './owner-standing.ts'

/** The live statuses of the account's owners, as read before the account is asked for. Null: it may have been asked for already. */
export interface SeenOwners {
  readonly statuses: readonly string[] | null
}

export const ACCOUNT_OPENED = 'account_opened'

/** Reads of owners whose approval is being checked again before the account is given up. */
const ATTEMPTS_BEFORE_REJECTION = 6

/** Opens the account of a request: the intent is on record before anything is sent. */
export function openAccountStream(account: Account): Draft<AccountSnapshot> {
  const { accountKey, identityId, type, owners, members } = account
  const data = { identityId, type, owners, members: members.map(({ identityId: id, roles }) => `${id} ${roles.join('+')}`) }
  const opened = draftOf<AccountSnapshot>({ account, effects: [] }, [{ kind: 'account.requested', data }])
  return intend(opened, intendedEffect(accountKey, { kind: OPEN_ACCOUNT }))
}

/** The rules of a further account: it is asked for once all its owners are approved. */
export const ACCOUNT_RULES: StreamRules<AccountSnapshot, SeenOwners> = {
  kind: 'account',
  stateOf: ({ account }) => account.state,
  knows: ({ account }) => ACCOUNT_STATES.includes(account.state),
  open: () => null, // only a request opens it
  decide: (draft, { statuses }, { attempts }) => {
    const { state } = draft.account
    if (state !== 'submitting') return decided(draft, state === 'unknown' ? 'moved' : 'ignored')
    if (effectsOf(draft, OPEN_ACCOUNT).some((effect) => effect.state === 'intended' && effect.attempts > 0))
      return decided(moveTo(draft, { ...draft.account, state: 'unknown' }), 'moved')
    const standing = jointStanding((statuses ?? []).map(standingOfStatus))
    if (standing === 'trades') return decided(draft, 'moved')
    if (standing === 'waiting' && attempts + 1 < ATTEMPTS_BEFORE_REJECTION)
      return { kind: 'wait', because: 'an owner of the account is under review at Paxos' }
    return decided(reject(draft, 'owner-not-approved'), 'moved')
  },
  nextEffect: ({ account: { state }, effects }) => {
    const open = (kind: string): Effect | undefined => effects.find((effect) => effect.kind === kind && isOpen(effect))
    if (state === 'submitting' || state === 'unknown') return open(OPEN_ACCOUNT)
    return state === 'held' ? undefined : (open(FORGET_INPUT) ?? open(SEND_NOTIFICATION))
  },
  mustBeKnown: new Set([OPEN_ACCOUNT]),
  afterReceipt,
  hold: (draft, reason) => moveTo(draft, { ...draft.account, state: 'held', reason }),
  contradiction: 'account-mismatch',
  heldReason: ({ account }) => (account.state === 'held' ? (account.reason ?? 'held') : null),
}

function decided(draft: Draft<AccountSnapshot>, kind: 'moved' | 'ignored'): Decided<AccountSnapshot> {
  const { state } = draft.account
  return { kind: 'decided', draft, outcome: kind === 'moved' ? { kind, to: state } : { kind, because: `already-${state}` } }
}

/** Nothing was sent: the intent is withdrawn. */
function reject(draft: Draft<AccountSnapshot>, reason: string): Draft<AccountSnapshot> {
  const withdrawn = suppressAll(draft, effectsOf(draft, OPEN_ACCOUNT).filter(isOpen))
  return forget(moveTo(withdrawn, { ...withdrawn.account, state: 'rejected', reason }))
}

function afterReceipt(draft: Draft<AccountSnapshot>, _effect: Effect, receipt: Receipt): Draft<AccountSnapshot> {
  const { account } = draft
  if (receipt.kind === 'account-refused') return forget(moveTo(draft, { ...account, state: 'rejected', reason: String(receipt.reason) }))
  if (!isOpened(receipt)) return draft
  const { accountId, profileId } = receipt
  const opened = forget(
    moveTo(draft, { ...account, state: 'opened', reason: null, accountId, profileId, members: named(account, receipt) }),
  )
  return intend(opened, nextNotification(account.accountKey, ACCOUNT_OPENED, opened))
}

function named({ members }: Account, receipt: OpenedReceipt): AccountMember[] {
  const ids = JSON.parse(receipt.members) as Readonly<Record<string, string>> // open-account wrote it
  return members.map((member) => ({ ...member, memberId: ids[member.identityId] ?? null }))
}

/** The sealed description and metadata are no longer needed. */
function forget(draft: Draft<AccountSnapshot>): Draft<AccountSnapshot> {
  return intend(draft, intendedEffect(draft.account.accountKey, { kind: FORGET_INPUT }))
}

function moveTo(draft: Draft<AccountSnapshot>, account: Account): Draft<AccountSnapshot> {
  const { state: to, reason, accountId } = account
  const entry: Entry = { kind: 'account.moved', data: { from: draft.account.state, to, reason, accountId } }
  return { ...draft, account, entries: draft.account.state === to ? draft.entries : [...draft.entries, entry] }
}
