import {
  accountRefId,
  type Effect,
  type Entry,
  type HoldReason,
  type NoticeKind,
  noticeKey,
  type Onboarding,
  type OnboardingState,
  type Receipt,
  type Snapshot,
} from './onboarding.ts'
import type { Decision } from './transition.ts'

/** What a step of an onboarding changes: the next snapshot, and what the ledger says about it. Nothing is done yet. */
export interface Draft extends Snapshot {
  readonly entries: readonly Entry[]
}

/**
 * What is to be done next, and who may. `waiting`: another event's job has the effect in hand until then (milliseconds since 1970).
 * `look-up`: the state no longer wants the effect, but it may have happened, and the ledger must know.
 */
export type Claim =
  | { readonly kind: 'attempt'; readonly effect: Effect; readonly draft: Draft }
  | { readonly kind: 'look-up'; readonly effect: Effect }
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'refused'; readonly effect: Effect }
  | { readonly kind: 'settled' }

/** A draft that changes nothing yet. */
export function draftOf(snapshot: Snapshot, entries: readonly Entry[] = []): Draft {
  return { onboarding: snapshot.onboarding, effects: snapshot.effects, entries }
}

/** Carries a `move` or `hold` into the draft; `ignore` and `wait` change nothing. The status is what was read, live. */
export function applyDecision(draft: Draft, decision: Decision, status: string): Draft {
  switch (decision.kind) {
    case 'ignore':
    case 'wait':
      return draft
    case 'hold':
      return hold(withStatus(draft, status), decision.reason)
    case 'move':
      return moveTo(withStatus(draft, status), decision.to, decision.requiredDocuments)
  }
}

/** Sets the onboarding aside for a person. Notices not yet sent are suppressed: they may no longer be true. */
export function hold(draft: Draft, reason: HoldReason): Draft {
  const from = draft.onboarding.heldFrom ?? draft.onboarding.state
  const entry: Entry = { kind: 'state.held', data: { from, reason, status: draft.onboarding.identityStatus } }
  return {
    onboarding: { ...draft.onboarding, state: 'held', heldFrom: from, heldReason: reason },
    ...suppressNotices(draft.effects, [...draft.entries, entry]),
  }
}

function moveTo(draft: Draft, to: Exclude<OnboardingState, 'held' | 'ready'>, requiredDocuments: readonly string[]): Draft {
  const { onboarding } = draft
  const from = onboarding.state
  const released: Entry[] = from === 'held' ? [{ kind: 'hold.released', data: { reason: onboarding.heldReason, to } }] : []
  const moved: Entry =
    to === 'documents_required'
      ? { kind: 'documents.required', data: { from, documents: requiredDocuments } }
      : { kind: 'state.moved', data: { from, to, status: onboarding.identityStatus } }
  const next: Onboarding = {
    ...onboarding,
    state: to,
    heldFrom: null,
    heldReason: null,
    requiredDocuments: to === 'documents_required' ? requiredDocuments : onboarding.requiredDocuments,
  }
  const settled = { onboarding: next, ...suppressNotices(draft.effects, [...draft.entries, ...released, moved]) }
  return intendWhatFollows(settled, alreadyTold(onboarding.heldFrom, to, draft.effects))
}

/** Back from a hold to where it was (null: it was not held), with the user told of it before: nothing new to say. */
function alreadyTold(heldFrom: OnboardingState | null, to: OnboardingState, effects: readonly Effect[]): boolean {
  if (heldFrom !== (to === 'approved' ? 'ready' : to)) return false
  const prefix = `notice:${to === 'approved' ? 'ready' : to}:`
  const sent = effects.filter(({ step }) => step.startsWith(prefix))
  return sent.find(({ step }) => step === `${prefix}${sent.length}`)?.state === 'done'
}

/** The effect that a state asks for: an account for `approved`, else one notice for this very transition. */
function intendWhatFollows(draft: Draft, told: boolean): Draft {
  switch (draft.onboarding.state) {
    case 'approved':
      if (draft.onboarding.accountId === null) return intendAccount(draft)
      return told ? becomeReady(draft) : intendNotice(draft, 'ready')
    case 'denied':
    case 'disabled':
    case 'documents_required':
      return told ? draft : intendNotice(draft, draft.onboarding.state)
    case 'pending':
    case 'ready':
    case 'held':
      return draft
  }
}

function intendAccount(draft: Draft): Draft {
  const known = draft.effects.find(({ step }) => step === 'account')
  if (known?.state === 'intended') return draft
  // Refused, and a person has released the hold; or given up when the state was left. The same key is tried again.
  const effect = known
    ? { ...known, state: 'intended' as const, errorCode: null }
    : intended('account', 'account', accountRefId(draft.onboarding.identityId))
  return withEffect(draft, effect, { kind: 'effect.intended', data: { step: effect.step, key: effect.key } })
}

function intendNotice(draft: Draft, kind: NoticeKind): Draft {
  const number = 1 + draft.effects.filter(({ step }) => step.startsWith(`notice:${kind}:`)).length
  const effect = intended(`notice:${kind}:${number}`, 'notice', noticeKey(draft.onboarding.identityId, kind, number))
  return withEffect(draft, effect, { kind: 'effect.intended', data: { step: effect.step, key: effect.key } })
}

function intended(step: string, kind: Effect['kind'], key: string): Effect {
  return {
    step,
    kind,
    key,
    state: 'intended',
    attempts: 0,
    intendedAt: null,
    leaseBy: null,
    leaseUntil: null,
    receipt: null,
    errorCode: null,
  }
}

/**
 * Claims the next effect for the job of inbox event `by`: marks the attempt before it is made, so that whoever comes after a
 * crash knows that the outcome is unknown. The same event's job takes over its own attempt at once (its predecessor is dead
 * or has failed); another's only once the lease has run out.
 */
export function claimNext(draft: Draft, { by, now, leaseMs }: { by: string; now: number; leaseMs: number }): Claim {
  const effect = nextEffect(draft)
  if (!effect) {
    const unknown = draft.effects.find(({ kind, state, attempts }) => kind === 'account' && state === 'intended' && attempts > 0)
    return unknown ? { kind: 'look-up', effect: unknown } : { kind: 'settled' }
  }
  if (effect.state === 'refused') return { kind: 'refused', effect }
  if (effect.leaseBy !== null && effect.leaseBy !== by && effect.leaseUntil !== null && effect.leaseUntil > now) {
    return { kind: 'waiting', until: effect.leaseUntil }
  }
  const attempt: Effect = { ...effect, attempts: effect.attempts + 1, leaseBy: by, leaseUntil: now + leaseMs, errorCode: null }
  // What the attempt must know is whether an earlier one may have acted: that is `effect.attempts`, before this one.
  return { kind: 'attempt', effect, draft: { ...draft, effects: replace(draft.effects, attempt) } }
}

/** The one effect that the state still waits for; those of a state that was left are only looked up, never attempted. */
function nextEffect({ onboarding, effects }: Snapshot): Effect | undefined {
  const open = effects.filter(({ state }) => state === 'intended' || state === 'refused')
  switch (onboarding.state) {
    case 'approved':
      return open.find(({ step }) => step === 'account') ?? open.find(({ step }) => step.startsWith('notice:ready:'))
    case 'denied':
    case 'disabled':
    case 'documents_required':
      return open.find(({ step }) => step.startsWith(`notice:${onboarding.state}:`))
    case 'pending':
    case 'ready':
    case 'held':
      return undefined
  }
}

/** An account is still to be asked or looked for; all else asks the customer's application alone. */
export function asksPaxos({ effects }: Snapshot): boolean {
  return effects.some(({ kind, state }) => kind === 'account' && state === 'intended')
}

/**
 * Records what the other side answered. Merges by truth, not by turn: a receipt that comes late, from an attempt that was
 * already taken over, is recorded if there is none yet; one that contradicts the recorded one holds the onboarding.
 */
export function applyReceipt(draft: Draft, step: string, receipt: Receipt): Draft {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  if (!effect) throw new Error(`identity ${draft.onboarding.identityId} has no effect ${step}`)
  if (effect.state === 'done') {
    return sameReceipt(effect.receipt, receipt) ? draft : hold(draft, 'account-mismatch')
  }
  const done: Effect = { ...effect, state: 'done', receipt, leaseBy: null, leaseUntil: null, errorCode: null }
  const entry: Entry = { kind: 'effect.done', data: { step, key: effect.key, ...receiptData(receipt) } }
  const recorded = withEffect(draft, done, entry)
  if (receipt.kind === 'account') {
    const withAccount = { ...recorded, onboarding: { ...recorded.onboarding, accountId: receipt.accountId, profileId: receipt.profileId } }
    return withAccount.onboarding.state === 'approved' ? intendNotice(withAccount, 'ready') : withAccount
  }
  return recorded.onboarding.state === 'approved' && step.startsWith('notice:ready:') ? becomeReady(recorded) : recorded
}

/** The other side said no for good: the effect waits for a person, with the code of the refusal. */
export function applyRefusal(draft: Draft, step: string, errorCode: string): Draft {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  if (effect?.state !== 'intended') return draft
  const refused: Effect = { ...effect, state: 'refused', leaseBy: null, leaseUntil: null, errorCode }
  return withEffect(draft, refused, { kind: 'effect.refused', data: { step, key: effect.key, code: errorCode } })
}

/** It was looked for where it would be, and is not there; whoever wants it again intends it again, under the same key. */
export function applyAbsence(draft: Draft, step: string): Draft {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  if (effect?.state !== 'intended') return draft
  const suppressed: Effect = { ...effect, state: 'suppressed', leaseBy: null, leaseUntil: null }
  return withEffect(draft, suppressed, { kind: 'effect.suppressed', data: { step, key: effect.key, mayHaveBeenSent: false } })
}

/** A person asked for another try (replay): what was refused is intended again, under the same key. */
export function reopenRefused(draft: Draft): Draft {
  return {
    ...draft,
    effects: draft.effects.map((effect) => (effect.state === 'refused' ? { ...effect, state: 'intended', errorCode: null } : effect)),
  }
}

function becomeReady(draft: Draft): Draft {
  const entry: Entry = { kind: 'state.moved', data: { from: 'approved', to: 'ready', status: draft.onboarding.identityStatus } }
  return { ...draft, onboarding: { ...draft.onboarding, state: 'ready' }, entries: [...draft.entries, entry] }
}

function withStatus(draft: Draft, identityStatus: string): Draft {
  return { ...draft, onboarding: { ...draft.onboarding, identityStatus } }
}

function withEffect(draft: Draft, effect: Effect, entry: Entry): Draft {
  return { ...draft, effects: replace(draft.effects, effect), entries: [...draft.entries, entry] }
}

function replace(effects: readonly Effect[], effect: Effect): Effect[] {
  const others = effects.filter(({ step }) => step !== effect.step)
  return [...others, effect]
}

/** A notice that has not been sent says what is no longer so: it never will be, and the ledger says that. */
function suppressNotices(effects: readonly Effect[], entries: readonly Entry[]): { effects: Effect[]; entries: Entry[] } {
  const superseded = effects.filter(({ kind, state }) => kind === 'notice' && (state === 'intended' || state === 'refused'))
  return {
    effects: effects.map((effect) =>
      superseded.includes(effect) ? { ...effect, state: 'suppressed', leaseBy: null, leaseUntil: null } : effect,
    ),
    entries: [
      ...entries,
      ...superseded.map(
        (effect): Entry => ({
          kind: 'effect.suppressed',
          data: { step: effect.step, key: effect.key, mayHaveBeenSent: effect.attempts > 0 },
        }),
      ),
    ],
  }
}

function sameReceipt(known: Receipt | null, late: Receipt): boolean {
  if (known?.kind === 'account' && late.kind === 'account') return known.accountId === late.accountId && known.profileId === late.profileId
  return known?.kind === late.kind
}

function receiptData(receipt: Receipt): Entry['data'] {
  return receipt.kind === 'account'
    ? { accountId: receipt.accountId, profileId: receipt.profileId, how: receipt.how }
    : { channel: receipt.channel, status: receipt.status }
}
