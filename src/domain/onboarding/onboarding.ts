import type { Snapshot as StreamSnapshot } from '../effect.ts'
import type { KycRefresh } from './refresh-reminder.ts'
import type { StatusDetails } from './status-details.ts'

/**
 * Where an identity stands on its way onto the brokerage.
 *
 * - `pending`: known; Paxos has not decided. In: our API creates the identity, or a webhook of an identity that we did not create. Out: the
 *   worker, on any confirmed decision.
 * - `documents_required`: Paxos wants documents (EDD, often days). In: the worker, on identity.documents_required. Out: the worker, on a decision.
 * - `approved`: Paxos approved; the worker opens account and profile, or takes those that exist, and sends the notification. In: the worker.
 *   Out: the worker, to `ready`, `disabled`, `frozen` or `held`.
 * - `ready`: account and profile exist and the application was notified. In: the worker. Out: the worker, to `disabled`, `frozen` or `held`.
 * - `denied`: Paxos denied; the application is notified. In: the worker. Out: the worker, only to `held`.
 * - `disabled`: Paxos off-boarded the identity; the application is notified. In: the worker. Out: the worker, to `approved` when
 *   Paxos re-enables the identity, to `frozen`, or to `held`.
 * - `frozen`: Paxos froze the identity for compliance (ERROR); the application is notified. In: the worker, on a read of the status, since Paxos has no
 *   event for it. Out: the worker, to what Paxos says next: `approved`, `disabled`, `pending`, `documents_required`, `denied`, or to `held`.
 * - `held`: facts contradict each other. In: the worker. Out: only an operator's replay that releases holds.
 * - `erased`: the person's data was erased. In: an operator's erasure, or a start after a restore. Out: never.
 */
export const ONBOARDING_STATES = [
  'pending',
  'documents_required',
  'approved',
  'ready',
  'denied',
  'disabled',
  'frozen',
  'held',
  'erased',
] as const
export type OnboardingState = (typeof ONBOARDING_STATES)[number]

/**
 * Paxos's five identity statuses (paxos/api.md 4.8, documented). Paxos may add more (1.6): a new one is recorded, and nothing acts on it.
 */
export const IDENTITY_STATUSES = ['PENDING', 'ERROR', 'APPROVED', 'DENIED', 'DISABLED'] as const

/** Events of a decision, or of the documents that it needs (paxos/api.md 2.7). They open an onboarding if there is none. */
const DECISION_EVENTS = ['identity.approved', 'identity.denied', 'identity.disabled', 'identity.documents_required'] as const
/** Events after which the status, or the reason for it, may differ. They open no onboarding. */
const CHANGE_EVENTS = [
  'identity.kyc_refresh.started',
  'identity.kyc_refresh.completed',
  'identity.kyc_refresh.expired',
  'identity.control.created',
  'identity.control.deleted',
] as const
/** Events that move an onboarding. All others are kept and move nothing. */
export const ONBOARDING_EVENTS = [...DECISION_EVENTS, ...CHANGE_EVENTS] as const
export type OnboardingEvent = (typeof ONBOARDING_EVENTS)[number]
/** The timer that reads an identity again. It is set when a poll finds a status that differs from the record. */
export const READ_IDENTITY = 'read-identity'
/** The timer that opens or continues the onboarding of an identity that Paxos has and the record lacks. Only an approved replay starts it. */
export const ADOPT_IDENTITY = 'adopt-identity'
/** A timer before the end of a KYC refresh. */
export const REMIND_REFRESH = 'remind-refresh'

export function isOnboardingEvent(type: string): type is OnboardingEvent {
  return (ONBOARDING_EVENTS as readonly string[]).includes(type)
}

export function isDecisionEvent(type: string): boolean {
  return (DECISION_EVENTS as readonly string[]).includes(type)
}

/**
 * Why an onboarding waits for a person. Only older versions gave `approved-after-disabled` (now routine) and `status-unknown` (now
 * recorded). `identity-frozen` is given only after a denial.
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
 * The notifications. `account_opened`: the account and its profile exist. `reactivated`: the account that `ready` reported is usable again.
 * `kyc_refresh_…`: the customer must confirm their details, is reminded of it, did not in time, or did. `controls_changed`: a restriction was
 * set or lifted while the state stayed.
 */
export type NoticeKind =
  | ('account_opened' | 'ready' | 'reactivated' | 'denied' | 'disabled' | 'frozen' | 'documents_required')
  | ('kyc_refresh_started' | 'kyc_refresh_reminder' | 'kyc_refresh_expired' | 'kyc_refresh_completed')
  | 'controls_changed'

/** One identity's onboarding as last committed, without the store's bookkeeping. */
export interface Onboarding {
  readonly identityId: string
  /** The identity's `ref_id` at Paxos, which Gatehouse or its caller chose; null while unknown. */
  readonly refId: string | null
  /** `created` through our API, or `adopted` after a webhook of an identity that Gatehouse did not create. */
  readonly origin: 'created' | 'adopted'
  readonly state: OnboardingState
  /** The state it was in when it was held. */
  readonly heldFrom: OnboardingState | null
  readonly heldReason: HoldReason | null
  /** Paxos's status as last confirmed. */
  readonly identityStatus: string | null
  /** The reasons, as last confirmed; null: nothing is outstanding, or nothing was read. */
  readonly statusDetails: StatusDetails | null
  /** All documents that Paxos has asked for so far, sorted. */
  readonly requiredDocuments: readonly string[]
  /** The running or overdue KYC refresh, once an event has named its end; null: none. */
  readonly kycRefresh: KycRefresh | null
  readonly accountId: string | null
  readonly profileId: string | null
}

/** An onboarding with its effects: the basis of decisions. */
export interface Snapshot extends StreamSnapshot {
  readonly onboarding: Onboarding
}

/** Ledger entries of an onboarding, besides those of its effects. Ids, states and codes only: never personal data. */
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
  | { readonly kind: 'person.erased'; readonly data: { readonly from: OnboardingState } }
  | { readonly kind: 'refresh.dated'; readonly data: { readonly endsAt: string } }
  | { readonly kind: 'hold.released'; readonly data: { readonly reason: HoldReason | null; readonly to: OnboardingState } }
  | { readonly kind: 'documents.required'; readonly data: { readonly from: OnboardingState; readonly documents: readonly string[] } }

/** A new onboarding, from a webhook or our API. */
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
    kycRefresh: null,
    accountId: null,
    profileId: null,
  }
}
