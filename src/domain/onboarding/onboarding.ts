/**
 * Where an identity stands on its way onto the brokerage.
 *
 * - `pending`: known; Paxos has not decided. In: our API creates the identity, or a webhook of an identity that we did not create. Out: the
 *   worker, on any confirmed decision.
 * - `documents_required`: Paxos wants documents (EDD, often days). In: the worker, on identity.documents_required. Out: the worker, on a decision.
 * - `approved`: Paxos approved; the worker opens account and profile and sends the notification. In: the worker. Out: the worker, to `ready`.
 * - `ready`: account and profile exist and the application was told. In: the worker. Out: the worker, to `disabled` or `held`.
 * - `denied`: Paxos denied; the application is told. In: the worker. Out: the worker, only to `held`.
 * - `disabled`: Paxos off-boarded the identity; the application is told. In: the worker. Out: the worker, only to `held`.
 * - `held`: facts contradict each other. In: the worker. Out: only an operator's replay that releases holds.
 */
export const ONBOARDING_STATES = ['pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'held'] as const
export type OnboardingState = (typeof ONBOARDING_STATES)[number]

/** Paxos's five identity statuses (paxos/api.md 4.8, documented). It may add more at any time (1.6): those hold. */
export const IDENTITY_STATUSES = ['PENDING', 'ERROR', 'APPROVED', 'DENIED', 'DISABLED'] as const

/** The events that move an onboarding (paxos/api.md 2.7). All others are kept and move nothing. */
export const ONBOARDING_EVENTS = ['identity.approved', 'identity.denied', 'identity.disabled', 'identity.documents_required'] as const
export type OnboardingEvent = (typeof ONBOARDING_EVENTS)[number]

export function isOnboardingEvent(type: string): type is OnboardingEvent {
  return (ONBOARDING_EVENTS as readonly string[]).includes(type)
}

/** Why an onboarding waits for a person. */
export type HoldReason =
  | 'unknown-identity'
  | 'denied-after-approved'
  | 'denied-after-disabled'
  | 'approved-after-denied'
  | 'approved-after-disabled'
  | 'disabled-after-denied'
  | 'review-reopened'
  | 'identity-frozen'
  | 'status-not-settled'
  | 'status-unknown'
  | 'account-mismatch'
  | 'account-without-profile'

/** What each notice tells the user's application. */
export type NoticeKind = 'ready' | 'denied' | 'disabled' | 'documents_required'

/** One identity's onboarding as last committed, without the bookkeeping of the store. */
export interface Onboarding {
  readonly identityId: string
  /** Our name for the identity at Paxos (its `ref_id`); null while unknown. */
  readonly refId: string | null
  /** `created` through our API, or `adopted` when a webhook told of an identity that we did not create. */
  readonly origin: 'created' | 'adopted'
  readonly state: OnboardingState
  /** The state it was in when it was held. */
  readonly heldFrom: OnboardingState | null
  readonly heldReason: HoldReason | null
  /** Paxos's status as last confirmed. */
  readonly identityStatus: string | null
  /** Sorted; everything that Paxos asked for so far. */
  readonly requiredDocuments: readonly string[]
  readonly accountId: string | null
  readonly profileId: string | null
}

/**
 * An effect outside: first the intent, then attempts, then the receipt.
 *
 * - `intended`: wanted; with `attempts` > 0 the outcome of the last attempt is unknown, so look it up before acting again.
 * - `done`: there is a receipt; final.
 * - `suppressed`: superseded before it was known to have happened; never attempted again.
 * - `refused`: the other side said no; a person must look.
 */
export interface Effect {
  /** Unique within the identity: `account`, `notice:ready:1`. */
  readonly step: string
  readonly kind: 'account' | 'notice'
  /** The idempotency key towards the other side; the same for every attempt, now and after a restore from backup. */
  readonly key: string
  readonly state: 'intended' | 'done' | 'suppressed' | 'refused'
  readonly attempts: number
  /** When it was first committed (milliseconds since 1970), null before that: what a notice says as its time, at every attempt. */
  readonly intendedAt: number | null
  /** The job (an inbox event and its opening) that holds the attempt until `leaseUntil` (milliseconds since 1970). */
  readonly leaseBy: string | null
  readonly leaseUntil: number | null
  readonly receipt: Receipt | null
  readonly errorCode: string | null
}

/** The other side's answer, ids only. `how` says whether the account is from our call or was found and taken over. */
export type Receipt =
  | { readonly kind: 'account'; readonly accountId: string; readonly profileId: string; readonly how: 'created' | 'adopted' }
  | { readonly kind: 'notice'; readonly channel: string; readonly status: number | null }

/** An onboarding with its effects: what decisions rest on. */
export interface Snapshot {
  readonly onboarding: Onboarding
  readonly effects: readonly Effect[]
}

/** A line for the ledger: what happened, without the numbering and the chain, which the store adds. */
export interface Entry {
  readonly kind:
    | 'onboarding.created'
    | 'onboarding.adopted'
    | 'state.moved'
    | 'state.held'
    | 'hold.released'
    | 'documents.required'
    | 'effect.intended'
    | 'effect.done'
    | 'effect.suppressed'
    | 'effect.refused'
  /** Ids, states and codes only: never personal data. */
  readonly data: Readonly<Record<string, string | number | boolean | null | readonly string[]>>
}

/** An onboarding as a webhook or our API first makes it known. */
export function newOnboarding(identityId: string, origin: Onboarding['origin'], refId: string | null): Onboarding {
  return {
    identityId,
    refId,
    origin,
    state: 'pending',
    heldFrom: null,
    heldReason: null,
    identityStatus: null,
    requiredDocuments: [],
    accountId: null,
    profileId: null,
  }
}

/**
 * Paxos `ref_id` of the identity's one brokerage account. Built from the identity alone, so that even a database restored
 * from an old backup asks under the same key and meets its own account (409) instead of opening a second one.
 */
export function accountRefId(identityId: string): string {
  return `gatehouse-account-${identityId}`
}

/** Key of the `number`-th notice of a kind to one identity: the `webhook-id` under which it is sent, always. */
export function noticeKey(identityId: string, kind: NoticeKind, number: number): string {
  return `notice_${kind}_${number}_${identityId}`
}
