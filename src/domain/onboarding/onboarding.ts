import type { Snapshot as StreamSnapshot } from '../effect.ts'
import type { StatusDetails } from './status-details.ts'

/**
 * Where an identity stands on its way onto the brokerage.
 *
 * - `pending`: known; Paxos has not decided. In: our API creates the identity, or a webhook of an identity that we did not create. Out: the
 *   worker, on any confirmed decision.
 * - `documents_required`: Paxos wants documents (EDD, often days). In: the worker, on identity.documents_required. Out: the worker, on a decision.
 * - `approved`: Paxos approved; the worker opens account and profile, or takes those that exist, and sends the notification. In: the worker.
 *   Out: the worker, to `ready`, `disabled`, `frozen` or `held`.
 * - `ready`: account and profile exist and the application was told. In: the worker. Out: the worker, to `disabled`, `frozen` or `held`.
 * - `denied`: Paxos denied; the application is told. In: the worker. Out: the worker, only to `held`.
 * - `disabled`: Paxos off-boarded the identity; the application is told. In: the worker. Out: the worker, to `approved` when
 *   Paxos re-enables the identity, to `frozen`, or to `held`.
 * - `frozen`: Paxos froze the identity for compliance (ERROR); the application is told. In: the worker, on a read of the status, since Paxos has no
 *   event for it. Out: the worker, to what Paxos says next: `approved`, `disabled`, `pending`, `documents_required`, `denied`, or to `held`.
 * - `held`: facts contradict each other. In: the worker. Out: only an operator's replay that releases holds.
 */
export const ONBOARDING_STATES = ['pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'frozen', 'held'] as const
export type OnboardingState = (typeof ONBOARDING_STATES)[number]

/** Paxos's five identity statuses (paxos/api.md 4.8, documented). It may add more at any time (1.6): those are noted, and nothing acts on them. */
export const IDENTITY_STATUSES = ['PENDING', 'ERROR', 'APPROVED', 'DENIED', 'DISABLED'] as const

/** The events that tell of a decision, or of the documents that it waits for (paxos/api.md 2.7). They open an onboarding that is not there. */
const DECISION_EVENTS = ['identity.approved', 'identity.denied', 'identity.disabled', 'identity.documents_required'] as const
/** The events after which the status, or the reason for it, may be another. They open nothing. */
const CHANGE_EVENTS = [
  'identity.kyc_refresh.started',
  'identity.kyc_refresh.completed',
  'identity.kyc_refresh.expired',
  'identity.control.created',
  'identity.control.deleted',
] as const
/** The events that move an onboarding. All others are kept and move nothing. */
export const ONBOARDING_EVENTS = [...DECISION_EVENTS, ...CHANGE_EVENTS] as const
export type OnboardingEvent = (typeof ONBOARDING_EVENTS)[number]
/** The timer that reads an identity again, set where a poll found another status than the one on record. */
export const READ_IDENTITY = 'read-identity'

export function isOnboardingEvent(type: string): type is OnboardingEvent {
  return (ONBOARDING_EVENTS as readonly string[]).includes(type)
}

export function isDecisionEvent(type: string): boolean {
  return (DECISION_EVENTS as readonly string[]).includes(type)
}

/**
 * Why an onboarding waits for a person. `approved-after-disabled` and `status-unknown` are not given any more: the first is routine now, the second is
 * noted. Holds of older versions have them. `identity-frozen` is given only after a denial.
 */
export type HoldReason =
  | 'unknown-identity'
  | 'denied-after-approved'
  | 'denied-after-disabled'
  | 'approved-after-denied'
  | 'approved-after-disabled'
  | 'disabled-after-denied'
  | 'denied-after-frozen'
  | 'review-reopened'
  | 'identity-frozen'
  | 'status-not-settled'
  | 'status-unknown'
  | 'account-mismatch'
  | 'account-without-profile'

/**
 * What each notification tells the application. `account_opened`: the account and its profile exist. `reactivated`: the account of which `ready`
 * told may be used again. `kyc_refresh_…`: the customer must confirm their details, did not in time, or did.
 */
export type NoticeKind =
  | ('account_opened' | 'ready' | 'reactivated' | 'denied' | 'disabled' | 'frozen' | 'documents_required')
  | ('kyc_refresh_started' | 'kyc_refresh_expired' | 'kyc_refresh_completed')

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
  /** Why, as last confirmed; null where nothing is outstanding, or nothing was read. */
  readonly statusDetails: StatusDetails | null
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
  | {
      readonly kind: 'status.noted'
      readonly data: { readonly status: string | null; readonly requirements: readonly string[]; readonly controls: readonly string[] }
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
    statusDetails: null,
    requiredDocuments: [],
    accountId: null,
    profileId: null,
  }
}
