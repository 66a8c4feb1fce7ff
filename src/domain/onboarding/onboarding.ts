import type { Snapshot as StreamSnapshot } from '../effect.ts'

/**
 * Where an identity stands on its way onto the brokerage.
 *
 * - `pending`: known; Paxos has not decided. In: our API creates the identity, or a webhook of an identity that we did not create. Out: the
 *   worker, on any confirmed decision.
 * - `documents_required`: Paxos wants documents (EDD, often days). In: the worker, on identity.documents_required. Out: the worker, on a decision.
 * - `approved`: Paxos approved; the worker opens account and profile, or takes those that exist, and sends the notification. In: the worker.
 *   Out: the worker, to `ready`, `disabled` or `held`.
 * - `ready`: account and profile exist and the application was told. In: the worker. Out: the worker, to `disabled` or `held`.
 * - `denied`: Paxos denied; the application is told. In: the worker. Out: the worker, only to `held`.
 * - `disabled`: Paxos off-boarded the identity; the application is told. In: the worker. Out: the worker, to `approved` when
 *   Paxos re-enables the identity, or to `held`.
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

/** Why an onboarding waits for a person. `approved-after-disabled` is not given any more: it is routine now. Holds of older versions have it. */
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

/**
 * What each notification tells the application. `account_opened`: the account and its profile exist. `reactivated`: the account of which `ready`
 * told may be used again.
 */
export type NoticeKind = 'account_opened' | 'ready' | 'reactivated' | 'denied' | 'disabled' | 'documents_required'

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

/** An onboarding with its effects: what decisions rest on. */
export interface Snapshot extends StreamSnapshot {
  readonly onboarding: Onboarding
}

/** What the ledger says of an onboarding, besides its effects. Ids, states and codes only: never personal data. */
export type OnboardingEntry =
  | { readonly kind: 'onboarding.created'; readonly data: { readonly refId: string } }
  | { readonly kind: 'onboarding.adopted'; readonly data: { readonly event: string } }
  | {
      readonly kind: 'state.moved'
      readonly data: { readonly from: OnboardingState; readonly to: OnboardingState; readonly status: string | null }
    }
  | {
      readonly kind: 'state.held'
      readonly data: { readonly from: OnboardingState; readonly reason: HoldReason; readonly status: string | null }
    }
  | { readonly kind: 'hold.released'; readonly data: { readonly reason: HoldReason | null; readonly to: OnboardingState } }
  | { readonly kind: 'documents.required'; readonly data: { readonly from: OnboardingState; readonly documents: readonly string[] } }

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
