import { type HoldReason, IDENTITY_STATUSES } from '../../domain/onboarding/onboarding.ts'
import type { EventRecord } from '../../inbox/read-events.ts'
import type { EffectRecord, OnboardingRecord } from '../../ledger/onboarding-record.ts'
import { MAX_ATTEMPTS } from '../../saga/retry-policy.ts'
import { counted } from '../say/counted.ts'
import { sayEffect } from '../say/say-effect.ts'
import { sayOutstanding } from '../say/say-outstanding.ts'
import { relativeTime, span, utcTime } from '../say/say-time.ts'
import type { NextAction, Waiting } from './waiting.ts'

export { MAX_ATTEMPTS }

/** The meaning of each hold, for the operator who decides. */
const HOLDS: Readonly<Record<HoldReason, string>> = {
  'unknown-identity': 'Paxos reported an identity that Gatehouse did not create, and ADOPT_UNKNOWN_IDENTITIES is hold',
  'denied-after-approved': 'Paxos says DENIED after it approved the identity',
  'denied-after-disabled': 'Paxos says DENIED after it disabled the identity',
  'approved-after-denied': 'Paxos says APPROVED after the application was notified of a denial',
  'approved-after-disabled': 'Paxos says APPROVED after it disabled the identity',
  'disabled-after-denied': 'Paxos says DISABLED after it denied the identity',
  'denied-after-frozen': 'Paxos says DENIED after it froze a customer who has an account',
  'review-reopened': 'Paxos asks for documents after its decision',
  'identity-frozen': 'Paxos says ERROR (frozen) after it denied the identity',
  'status-not-settled': "the identity's status never matched the event",
  'status-unknown': 'Paxos reports a status that Gatehouse does not know',
  'account-mismatch': 'the account at Paxos is not the one that Gatehouse requested',
  'account-without-profile': 'the account exists without a profile',
}

/** External causes that delay an event, and who must act. */
const CAUSES: Readonly<Record<string, { reason: string; nextAction: NextAction }>> = {
  BUDGET_EXHAUSTED: {
    reason: "Our share of Paxos's rate limits is used up. Gatehouse continues by itself when capacity returns.",
    nextAction: 'none',
  },
  PAXOS_THROTTLED: {
    reason: 'Paxos refuses all calls from our address for now (429). Gatehouse continues by itself; the home page shows when.',
    nextAction: 'none',
  },
  PAXOS_UNAVAILABLE: { reason: 'Paxos does not answer. Gatehouse continues by itself when Paxos answers.', nextAction: 'none' },
  PAXOS_CIRCUIT_OPEN: {
    reason: 'Paxos keeps failing, so Gatehouse probes it at most once per minute and continues by itself.',
    nextAction: 'none',
  },
  PAXOS_FORBIDDEN: { reason: 'Paxos forbids our API user to read this.', nextAction: 'grant-access' },
  PAXOS_SCOPE_MISSING: { reason: 'Our client at Paxos lacks a scope.', nextAction: 'grant-access' },
  NOTICE_REFUSED: { reason: 'The application refuses the notification.', nextAction: 'check-application' },
  NOTICE_UNAVAILABLE: { reason: 'The application does not answer. Gatehouse continues by itself when it answers.', nextAction: 'none' },
}

/** Seconds overdue after which the cause is the workers, not the event. */
const OVERDUE_SECONDS = 60

/** Events that no worker could confirm yet. Any of them may concern a customer without a known decision. */
export interface Unread {
  events: number
  /** What delays them, as a sentence; null: not known. */
  because: string | null
}

/** Whether this version knows what Paxos's status means. */
function isKnownStatus(status: string | null): boolean {
  return status === null || (IDENTITY_STATUSES as readonly string[]).includes(status)
}

export function describeHold(reason: HoldReason | null): string {
  return reason === null ? 'no reason recorded' : (HOLDS[reason] ?? reason)
}

/** Why the event is not finished and when it will next be worked on; null for one that is. */
export function explainEvent(event: EventRecord, now: Date): Waiting | null {
  const failure = event.errorCode ? `${event.errorCode}${event.errorDetail ? `: ${event.errorDetail}` : ''}` : null
  switch (event.state) {
    case 'processed':
    case 'test':
    case 'dismissed':
      return null
    case 'parked':
      return { reason: `Parked: ${failure ?? 'no error recorded'}.`, nextAction: 'plan-replay', at: null }
    case 'dead':
      return { reason: `Dead, all attempts used: ${failure ?? 'no error recorded'}.`, nextAction: 'plan-replay', at: null }
    case 'accepted':
      return explainUnfinished(event, failure, now)
  }
}

function explainUnfinished({ attempts, dueAt, receivedAt, errorCode }: EventRecord, failure: string | null, now: Date): Waiting {
  const overdue = (now.getTime() - dueAt.getTime()) / 1_000
  if (overdue > OVERDUE_SECONDS)
    return { reason: `Overdue: it was due ${relativeTime(dueAt, now)} and no worker has taken it.`, nextAction: 'check-workers', at: null }
  if (!failure)
    return {
      reason: `Waiting for a worker. Received ${utcTime(receivedAt)} (${relativeTime(receivedAt, now)}).`,
      nextAction: 'none',
      at: null,
    }
  const spent = attempts === 0 ? 'no attempt spent' : `${attempts} of ${MAX_ATTEMPTS} attempts spent`
  const cause = CAUSES[errorCode ?? '']
  return {
    reason: `${cause ? `${cause.reason} ` : ''}Last error ${failure.replace(/\.$/, '')}; ${spent}.`,
    nextAction: cause?.nextAction ?? 'none',
    at: dueAt,
  }
}

/**
 * Answers "Why is this not moving?". Null for an onboarding that has reached its end.
 * `openEvents` are its unfinished, parked and dead events. An operator's task takes precedence over the machine's next step.
 */
export function explainWaiting(
  onboarding: OnboardingRecord,
  openEvents: readonly EventRecord[],
  { now, unread = { events: 0, because: null } }: { now: Date; unread?: Unread },
): Waiting | null {
  if (onboarding.state === 'held') {
    return { reason: `Held: ${describeHold(onboarding.heldReason)}.`, nextAction: 'release-hold', at: null }
  }
  const refused = onboarding.effects.find(({ state }) => state === 'refused')
  if (refused)
    return { reason: `${sayEffect(refused)} was refused (${refused.errorCode ?? 'no code'}).`, nextAction: 'plan-replay', at: null }
  const stuck = openEvents.find(({ state }) => state === 'parked' || state === 'dead')
  const running = openEvents.find(({ state }) => state === 'accepted')
  const intended = onboarding.effects.find(({ state }) => state === 'intended')
  if (running) return ofEvent(running, now)
  if (stuck && (intended || !hasArrived(onboarding))) return ofEvent(stuck, now)
  if (intended) return explainIntent(intended, now)
  return explainState(onboarding, { now, unread })
}

function ofEvent(event: EventRecord, now: Date): Waiting | null {
  const waiting = explainEvent(event, now)
  return waiting && { ...waiting, reason: `Event ${event.type} ${event.eventId}: ${waiting.reason}` }
}

function explainIntent(effect: EffectRecord, now: Date): Waiting {
  const { attempts, leaseUntil, intendedAt } = effect
  if (leaseUntil && leaseUntil > now)
    return {
      reason: `${sayEffect(effect)}: attempt ${attempts} is running, until ${utcTime(leaseUntil)} at most.`,
      nextAction: 'none',
      at: null,
    }
  const tried = attempts === 0 ? 'not attempted yet' : `attempted ${counted(attempts, 'time')}, outcome unknown`
  return {
    reason: `${sayEffect(effect)} was requested at ${utcTime(intendedAt)}, ${tried}. No event is processing it.`,
    nextAction: 'plan-replay',
    at: null,
  }
}

function hasArrived({ state }: OnboardingRecord): boolean {
  return state === 'ready' || state === 'denied' || state === 'disabled' || state === 'frozen' || state === 'erased'
}

function explainState(onboarding: OnboardingRecord, { now, unread }: { now: Date; unread: Unread }): Waiting | null {
  const { state, requiredDocuments, updatedAt, identityStatus } = onboarding
  const since = `for ${span((now.getTime() - updatedAt.getTime()) / 1_000)}`
  if (!isKnownStatus(identityStatus)) {
    const reason = `Paxos reports the status ${identityStatus}, which Gatehouse does not know. It is noted, and nothing acts on it.`
    return { reason, nextAction: 'ask-paxos', at: null }
  }
  switch (state) {
    case 'pending':
      return explainPending(onboarding, { now, unread })
    case 'documents_required': {
      const reason = `Waiting for documents from the customer (${requiredDocuments.join(', ') || 'none named'}) ${since}.`
      return { reason, nextAction: 'send-documents', at: null }
    }
    case 'approved':
      return { reason: 'Approved, but no event is processing it.', nextAction: 'plan-replay', at: null }
    case 'frozen': {
      const reason = `Frozen by Paxos for compliance (ERROR) ${since}: the customer can neither buy nor sell. It ends when Paxos lifts it.`
      return { reason: [reason, ...sayOutstanding(onboarding.statusDetails)].join(' '), nextAction: 'ask-paxos', at: null }
    }
    default:
      return null
  }
}

/** Says "waiting for Paxos" only if Gatehouse has read every event that Paxos has sent. */
function explainPending({ createdAt, statusDetails }: OnboardingRecord, { now, unread }: { now: Date; unread: Unread }): Waiting {
  if (unread.events > 0) {
    const many =
      unread.events === 1 ? '1 event from Paxos is unread and may be' : `${unread.events} events from Paxos are unread, and one may be`
    const reason = `No decision is known: ${many} this customer's.${unread.because ? ` ${unread.because}` : ''}`
    return { reason, nextAction: 'none', at: null }
  }
  const waits = `Waiting for Paxos's decision. Created ${utcTime(createdAt)} (${relativeTime(createdAt, now)}).`
  const outstanding = sayOutstanding(statusDetails)
  if (outstanding.length === 0)
    return { reason: `${waits} Paxos takes seconds at low risk, otherwise up to a day.`, nextAction: 'none', at: null }
  const ours = statusDetails?.requirements.some(({ awaiting }) => awaiting === 'CLIENT')
  return { reason: `${waits} ${outstanding.join(' ')}`, nextAction: ours ? 'answer-paxos' : 'none', at: null }
}
