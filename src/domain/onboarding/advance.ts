import { type Draft as DraftOf, type Effect, effectsOf, intend, isOpen, type Receipt, suppressAll } from '../effect.ts'
import { nextNotification, nthNotification, SEND_NOTIFICATION } from '../notification.ts'
import { accountEffect, CREATE_ACCOUNT, isAccountReceipt } from './account-effect.ts'
import {
  type HoldReason,
  type NoticeKind,
  type Onboarding,
  type OnboardingEntry,
  type OnboardingState,
  REMIND_REFRESH,
  type Snapshot,
} from './onboarding.ts'
import { REFRESH_NOTICES, refreshNotice, refreshOf } from './refresh-notice.ts'
import { withEnd, withReminder } from './refresh-reminder.ts'
import { type StatusDetails, sameDetails, sayControl, sayRequirement } from './status-details.ts'
import type { Decision, Observation } from './transition.ts'

/** The result of a step of an onboarding. Nothing is committed yet. */
export type Draft = DraftOf<Snapshot>

/**
 * Applies a decision to the draft. `ignore` records a new status, or a new reason for it; `wait` changes nothing. `status` and `details`
 * are the live ones. Without details the recorded ones stay.
 */
export function applyDecision(draft: Draft, decision: Decision, status: string, details?: StatusDetails | null): Draft {
  const seen = withStatus(draft, status, details)
  switch (decision.kind) {
    case 'wait':
      return draft
    case 'ignore':
      return tellRefresh(tellControls(note(draft, seen), draft), draft)
    case 'hold':
      return hold(seen, decision.reason)
    case 'move':
      return tellRefresh(moveTo(seen, decision.to, decision.requiredDocuments), draft)
  }
}

/**
 * Call after `applyDecision`. Keeps the end of the refresh that an event named, and intends the reminder that is due. A refresh that is over
 * is forgotten.
 */
export function dateRefresh(draft: Draft, { refreshEndsAt, event, at = 0 }: Partial<Observation>): Draft {
  const { statusDetails, kycRefresh, accountId, state } = draft.onboarding
  const running = refreshOf(statusDetails)
  if (running === 'none') return kycRefresh === null ? draft : withRefresh(draft, null)
  if (refreshEndsAt !== undefined) {
    const dated = withEnd(kycRefresh, refreshEndsAt, at)
    if (dated === kycRefresh) return draft
    return says(withRefresh(draft, dated), { kind: 'refresh.dated', data: { endsAt: dated.endsAt } })
  }
  const isTimer = event === REMIND_REFRESH && running === 'started'
  const reminded = isTimer && kycRefresh !== null ? withReminder(kycRefresh, at) : null
  if (reminded === null || accountId === null || state === 'held') return draft
  const superseded = unsentNotifications(draft).filter(({ name }) => name === REMINDER)
  return intendNotification(suppressAll(withRefresh(draft, reminded), superseded), REMINDER)
}

function withRefresh(draft: Draft, kycRefresh: Onboarding['kycRefresh']): Draft {
  return { ...draft, onboarding: { ...draft.onboarding, kycRefresh } }
}

/** Intends the notification of restrictions that changed without a change of state; a move tells of itself. */
function tellControls(draft: Draft, before: Draft): Draft {
  const { state, accountId, statusDetails } = draft.onboarding
  const types = (details: StatusDetails | null): string => [...new Set(details?.controls.map(({ type }) => type))].sort().join()
  if (types(before.onboarding.statusDetails) === types(statusDetails)) return draft
  if (accountId === null || !TELLS_REFRESH.has(state)) return draft
  return intendNotification(
    suppressAll(
      draft,
      unsentNotifications(draft).filter(({ name }) => name === CONTROLS),
    ),
    CONTROLS,
  )
}

function note(draft: Draft, seen: Draft): Draft {
  const { identityStatus: status, statusDetails: details } = seen.onboarding
  if (status === draft.onboarding.identityStatus && sameDetails(details, draft.onboarding.statusDetails)) return draft
  const requirements = details?.requirements.map(sayRequirement) ?? []
  return says(seen, { kind: 'status.noted', data: { status, requirements, controls: details?.controls.map(sayControl) ?? [] } })
}

const REMINDER = 'kyc_refresh_reminder' satisfies NoticeKind
const CONTROLS = 'controls_changed' satisfies NoticeKind

/** Intends the notification of a KYC refresh that began, ended or was missed. It supersedes an earlier one that is not sent yet. */
function tellRefresh(draft: Draft, before: Draft): Draft {
  const { state, accountId, statusDetails } = draft.onboarding
  const name = refreshNotice(before.onboarding.statusDetails, statusDetails)
  if (name === null || accountId === null || state === 'held') return draft
  return intendNotification(suppressAll(draft, unsentNotifications(draft).filter(isOfRefresh)), name)
}

/** Holds the onboarding for a person. Unsent notifications are suppressed: they may no longer be true. */
export function hold(draft: Draft, reason: HoldReason): Draft {
  const from = draft.onboarding.heldFrom ?? draft.onboarding.state
  const onboarding: Onboarding = { ...draft.onboarding, state: 'held', heldFrom: from, heldReason: reason }
  const held = says({ ...draft, onboarding }, { kind: 'state.held', data: { from, reason, status: onboarding.identityStatus } })
  return suppressAll(held, unsentNotifications(held))
}

function moveTo(draft: Draft, to: Exclude<OnboardingState, 'held' | 'ready'>, requiredDocuments: readonly string[]): Draft {
  const { onboarding } = draft
  const from = onboarding.state
  const released: OnboardingEntry[] = from === 'held' ? [{ kind: 'hold.released', data: { reason: onboarding.heldReason, to } }] : []
  const moved: OnboardingEntry =
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
  const there = says({ ...draft, onboarding: next }, ...released, moved)
  const superseded = unsentNotifications(there).filter((effect) => !isOfRefresh(effect))
  return intendWhatFollows(suppressAll(there, superseded), alreadyTold(onboarding.heldFrom, to, draft))
}

/**
 * Whether the onboarding returns from a hold to its earlier state, and the application knows that state. `heldFrom` null: it was not held.
 */
function alreadyTold(heldFrom: OnboardingState | null, to: OnboardingState, draft: Draft): boolean {
  if (heldFrom !== (to === 'approved' ? 'ready' : to)) return false
  if (to === 'approved') return true // only the receipt of its notification leads to `ready`
  const sent = effectsOf(draft, SEND_NOTIFICATION, to)
  return sent.find(({ number }) => number === sent.length)?.state === 'done'
}

/** Intends the effect of a state: an account for `approved`, else one notification for this transition. */
function intendWhatFollows(draft: Draft, told: boolean): Draft {
  switch (draft.onboarding.state) {
    case 'approved':
      if (draft.onboarding.accountId === null) return intend(draft, accountEffect(draft.onboarding.identityId))
      return told ? becomeReady(draft) : intendApprovalNotice(draft)
    case 'denied':
    case 'disabled':
    case 'frozen':
    case 'documents_required':
      return told ? draft : intendNotification(draft, draft.onboarding.state)
    case 'pending':
    case 'ready':
    case 'held':
    case 'erased':
      return draft
  }
}

/**
 * Intends the notification of an approval. An application that has acknowledged `ready` knows the account, so it gets `reactivated` from
 * then on. Before that it gets `account_opened` once. That notification keeps its key if the approval is withdrawn before it was
 * acknowledged, and is sent later under the same key.
 */
function intendApprovalNotice(draft: Draft): Draft {
  const knowsAccount = effectsOf(draft, SEND_NOTIFICATION, 'ready').some(({ state }) => state === 'done')
  if (knowsAccount) return intendNotification(draft, 'reactivated')
  const opened = nthNotification(draft.onboarding.identityId, 'account_opened', 1)
  return intendNotification(intend(draft, opened), 'ready')
}

function intendNotification(draft: Draft, name: NoticeKind): Draft {
  return intend(draft, nextNotification(draft.onboarding.identityId, name, draft))
}

/** The one effect that the state waits for. Effects of an earlier state are only looked up, never attempted. */
export function nextEffect(snapshot: Snapshot): Effect | undefined {
  const ofState = effectOfState(snapshot)
  if (ofState || !TELLS_REFRESH.has(snapshot.onboarding.state)) return ofState
  return effectsOf(snapshot, SEND_NOTIFICATION).find((effect) => isOfRefresh(effect) && isOpen(effect))
}

/** States in which the customer has an account and no step of the state's own is left. */
const TELLS_REFRESH: ReadonlySet<OnboardingState> = new Set(['ready', 'disabled', 'frozen'])

function isOfRefresh({ name }: Effect): boolean {
  return ([...REFRESH_NOTICES, REMINDER, CONTROLS] as readonly (string | null)[]).includes(name)
}

function effectOfState(snapshot: Snapshot): Effect | undefined {
  const open = (kind: string, name?: NoticeKind): Effect | undefined => effectsOf(snapshot, kind, name).find(isOpen)
  const { state } = snapshot.onboarding
  switch (state) {
    case 'approved':
      return (
        open(CREATE_ACCOUNT) ??
        open(SEND_NOTIFICATION, 'account_opened') ??
        open(SEND_NOTIFICATION, 'ready') ??
        open(SEND_NOTIFICATION, 'reactivated')
      )
    case 'denied':
    case 'disabled':
    case 'frozen':
    case 'documents_required':
      return open(SEND_NOTIFICATION, state)
    case 'pending':
    case 'ready':
    case 'held':
    case 'erased':
      return undefined
  }
}

const OF_APPROVAL: ReadonlySet<string> = new Set<NoticeKind>(['account_opened', 'ready', 'reactivated'])

/**
 * While the approval stands, the receipt of the account leads to two notifications, of the account and of the approval, in this order. The
 * receipt of the second leads to the state `ready`. The late receipt of a superseded notification does not: its successor is still to be
 * sent.
 */
export function afterReceipt(draft: Draft, effect: Effect, receipt: Receipt): Draft {
  const approved = draft.onboarding.state === 'approved'
  if (isAccountReceipt(receipt)) {
    const { accountId, profileId } = receipt
    const opened = { ...draft, onboarding: { ...draft.onboarding, accountId, profileId } }
    return approved ? intendApprovalNotice(opened) : opened
  }
  return approved && OF_APPROVAL.has(effect.name ?? '') && nextEffect(draft) === undefined ? becomeReady(draft) : draft
}

function becomeReady(draft: Draft): Draft {
  const onboarding: Onboarding = { ...draft.onboarding, state: 'ready' }
  return says({ ...draft, onboarding }, { kind: 'state.moved', data: { from: 'approved', to: 'ready', status: onboarding.identityStatus } })
}

function withStatus(draft: Draft, identityStatus: string, statusDetails = draft.onboarding.statusDetails): Draft {
  return { ...draft, onboarding: { ...draft.onboarding, identityStatus, statusDetails } }
}

function says(draft: Draft, ...entries: OnboardingEntry[]): Draft {
  return { ...draft, entries: [...draft.entries, ...entries] }
}

/** Unsent notifications: they say what is no longer true. */
function unsentNotifications(draft: Draft): Effect[] {
  return effectsOf(draft, SEND_NOTIFICATION).filter(isOpen)
}
