import type { Authority } from '../stream.ts'
import {
  type HoldReason,
  isDecisionEvent,
  type Onboarding,
  type OnboardingEvent,
  type OnboardingState,
  type READ_IDENTITY,
  type REMIND_REFRESH,
} from './onboarding.ts'
import type { StatusDetails } from './status-details.ts'

/** The reason to look, and the identity's live status, both read with our own credentials. */
export interface Observation {
  /** A confirmed event, or the timer that reads the identity again. */
  readonly event: OnboardingEvent | typeof READ_IDENTITY | typeof REMIND_REFRESH
  /** The live status. It counts, and not the status in the event: events may be late, repeated or out of order. */
  readonly status: string
  /** The reasons, in codes; undefined: not read. */
  readonly details?: StatusDetails | null
  readonly requiredDocuments: readonly string[]
  /** When a KYC refresh ends that the event has started, milliseconds since 1970; undefined: the event started none. */
  readonly refreshEndsAt?: number
  /** When it was observed, milliseconds since 1970; undefined: no reminder is decided. */
  readonly at?: number
}

/**
 * What an observation means.
 *
 * - `move`: to another state (or, for documents, to the same with more asked for).
 * - `ignore`: late or repeated, nothing to do; a normal answer. A status or a reason that is new is still noted.
 * - `wait`: the event and the live status do not agree yet; read again shortly.
 * - `hold`: a contradiction; a person must look.
 */
export type Decision =
  | {
      readonly kind: 'move'
      readonly to: Exclude<OnboardingState, 'held' | 'ready' | 'erased'>
      readonly requiredDocuments: readonly string[]
    }
  | { readonly kind: 'ignore'; readonly because: string }
  | { readonly kind: 'wait'; readonly because: string }
  | { readonly kind: 'hold'; readonly reason: HoldReason }

type Unheld = Exclude<OnboardingState, 'held' | 'erased'>

/**
 * What `seen` means for `current`. Level-triggered: the decision rests on the live status and our state, so order and repetition of events
 * do not matter. Pure.
 */
export function transition(current: Onboarding, seen: Observation, authority: Authority): Decision {
  if (current.state === 'erased') return { kind: 'ignore', because: 'erased' }
  if (current.state !== 'held') return fromUnheld(current.state, current, seen)
  if (authority === 'machine') return { kind: 'ignore', because: `held:${current.heldReason}` }
  return byOperator(current, seen)
}

function fromUnheld(state: Unheld, current: Onboarding, seen: Observation): Decision {
  switch (seen.status) {
    case 'APPROVED':
      return onApproved(state)
    case 'DENIED':
      return onDenied(state, current)
    case 'DISABLED':
      return onDisabled(state)
    case 'PENDING':
      return onPending(state, current, seen)
    case 'ERROR':
      return onFrozen(state)
    default:
      return { kind: 'ignore', because: 'status-unknown' }
  }
}

/**
 * Paxos routinely re-enables a disabled identity: its dormancy ends, a control is lifted, a KYC refresh is completed late (paxos/api.md
 * 4.8). It also thaws a frozen one. An approval after a denial is a contradiction.
 */
function onApproved(state: Unheld): Decision {
  switch (state) {
    case 'pending':
    case 'documents_required':
    case 'disabled':
    case 'frozen':
      return move('approved')
    case 'approved':
    case 'ready':
      return { kind: 'ignore', because: `already-${state}` }
    case 'denied':
      return { kind: 'hold', reason: 'approved-after-denied' }
    default:
      return unreachable(state)
  }
}

/**
 * A review that froze an identity before its first approval may end in a denial. A denial of a customer with an account is a contradiction.
 */
function onDenied(state: Unheld, { accountId }: Onboarding): Decision {
  switch (state) {
    case 'frozen':
      return accountId === null ? move('denied') : { kind: 'hold', reason: 'denied-after-frozen' }
    case 'pending':
    case 'documents_required':
      return move('denied')
    case 'approved':
    case 'ready':
      return { kind: 'hold', reason: 'denied-after-approved' }
    case 'denied':
      return { kind: 'ignore', because: 'already-denied' }
    case 'disabled':
      return { kind: 'hold', reason: 'denied-after-disabled' }
    default:
      return unreachable(state)
  }
}

function onDisabled(state: Unheld): Decision {
  switch (state) {
    case 'pending':
    case 'documents_required':
    case 'approved':
    case 'ready':
    case 'frozen':
      return move('disabled')
    case 'denied':
      return { kind: 'hold', reason: 'disabled-after-denied' }
    case 'disabled':
      return { kind: 'ignore', because: 'already-disabled' }
    default:
      return unreachable(state)
  }
}

/** Frozen for compliance. An earlier denial stands until a person has looked. */
function onFrozen(state: Unheld): Decision {
  switch (state) {
    case 'pending':
    case 'documents_required':
    case 'approved':
    case 'ready':
    case 'disabled':
      return move('frozen')
    case 'denied':
      return { kind: 'hold', reason: 'identity-frozen' }
    case 'frozen':
      return { kind: 'ignore', because: 'already-frozen' }
    default:
      return unreachable(state)
  }
}

/**
 * `PENDING` agrees with a request for documents, with an event without a decision, and with a timer of ours. Any other event says that
 * Paxos has decided. Paxos occasionally screens customers with an account again: they keep their state, and the order gate follows the live
 * status.
 */
function onPending(state: Unheld, current: Onboarding, seen: Observation): Decision {
  if (!isDecisionEvent(seen.event))
    return state === 'frozen' && current.accountId === null ? move('pending') : { kind: 'ignore', because: 'still-pending' }
  if (seen.event !== 'identity.documents_required') return { kind: 'wait', because: 'event-ahead-of-status' }
  switch (state) {
    case 'frozen':
      return current.accountId === null
        ? move('documents_required', union(current.requiredDocuments, seen.requiredDocuments))
        : { kind: 'hold', reason: 'review-reopened' }
    case 'pending':
      return move('documents_required', seen.requiredDocuments)
    case 'documents_required': {
      const wanted = union(current.requiredDocuments, seen.requiredDocuments)
      if (wanted.length === current.requiredDocuments.length) return { kind: 'ignore', because: 'already-asked-for' }
      return move('documents_required', wanted)
    }
    case 'approved':
    case 'ready':
    case 'denied':
    case 'disabled':
      return { kind: 'hold', reason: 'review-reopened' }
    default:
      return unreachable(state)
  }
}

/** An operator lets the live status decide. If the status is no decision, the onboarding stays held. */
function byOperator(current: Onboarding, seen: Observation): Decision {
  switch (seen.status) {
    case 'APPROVED':
      return move('approved')
    case 'DENIED':
      return move('denied')
    case 'DISABLED':
      return move('disabled')
    case 'ERROR':
      return move('frozen')
    case 'PENDING':
      return seen.event === 'identity.documents_required'
        ? move('documents_required', union(current.requiredDocuments, seen.requiredDocuments))
        : move('pending', current.requiredDocuments)
    default:
      return { kind: 'ignore', because: `held:${current.heldReason}` }
  }
}

function move(to: Exclude<OnboardingState, 'held' | 'ready' | 'erased'>, requiredDocuments: readonly string[] = []): Decision {
  return { kind: 'move', to, requiredDocuments: [...requiredDocuments].sort() }
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])]
}

/** Breaks the build when a state is added and a table above has no row for it. */
function unreachable(value: never): never {
  throw new Error(`no rule for ${String(value)}`)
}
