import type { HoldReason } from '../domain/onboarding/onboarding.ts'
import type { EventRecord } from '../inbox/read-events.ts'
import type { EffectRecord, OnboardingRecord } from '../ledger/read-onboardings.ts'

import { MAX_ATTEMPTS } from '../saga/retry-policy.ts'
import { counted } from './counted.ts'
import { relativeTime, span, utcTime } from './say-time.ts'
import type { NextAction, Waiting } from './waiting.ts'

export { MAX_ATTEMPTS }

/** What each hold means, for the person who must decide. */
const HOLDS: Readonly<Record<HoldReason, string>> = {
  'unknown-identity': 'Paxos told of an identity that Gatehouse did not create, and ADOPT_UNKNOWN_IDENTITIES=hold',
  'denied-after-approved': 'Paxos says DENIED after it had approved',
  'denied-after-disabled': 'Paxos says DENIED after it had disabled',
  'approved-after-denied': 'Paxos says APPROVED after the user was told of a denial',
  'approved-after-disabled': 'Paxos says APPROVED after it had disabled the identity',
  'disabled-after-denied': 'Paxos says DISABLED after it had denied',
  'review-reopened': 'Paxos asks for documents after it had decided',
  'identity-frozen': 'Paxos has frozen the identity (ERROR)',
  'status-not-settled': "the identity's status never came to agree with the event",
  'status-unknown': 'Paxos reports a status that Gatehouse does not know',
  'account-mismatch': 'the account at Paxos is not the one that was asked for',
  'account-without-profile': 'the account exists without a profile',
}

/** What keeps an event that failed for a reason that is not its own, and who can do something about it. */
const CAUSES: Readonly<Record<string, { reason: string; nextAction: NextAction }>> = {
  BUDGET_EXHAUSTED: { reason: "Our share of Paxos's rate limits is used up. It goes on by itself when there is room.", nextAction: 'none' },
  PAXOS_THROTTLED: {
    reason: 'Paxos refuses all calls from our address for a while (429). It goes on by itself; home says for how long.',
    nextAction: 'none',
  },
  PAXOS_UNAVAILABLE: { reason: 'Paxos does not answer. It goes on by itself when Paxos does.', nextAction: 'none' },
  PAXOS_CIRCUIT_OPEN: {
    reason: 'Paxos keeps failing, so Gatehouse asks it at most once a minute whether it is back. It goes on by itself.',
    nextAction: 'none',
  },
  PAXOS_FORBIDDEN: { reason: 'Paxos lets our API user read nothing of this.', nextAction: 'grant-access' },
  PAXOS_SCOPE_MISSING: { reason: 'Our client at Paxos lacks a scope.', nextAction: 'grant-access' },
  NOTICE_REFUSED: { reason: 'The application refuses the notification.', nextAction: 'check-application' },
  NOTICE_UNAVAILABLE: { reason: 'The application does not answer. It goes on by itself when it does.', nextAction: 'none' },
}

/** An event that no worker has taken for longer than this points to the workers, not to the event. */
const OVERDUE_SECONDS = 60

/** Events that no worker could confirm yet: any of them may be about a customer of whom nothing was heard. */
export interface Unread {
  events: number
  /** What keeps them, as a sentence; null: not known. */
  because: string | null
}

export function describeHold(reason: HoldReason | null): string {
  return reason === null ? 'no reason was kept' : (HOLDS[reason] ?? reason)
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
      return { reason: `Parked: ${failure ?? 'no error was kept'}.`, nextAction: 'plan-replay', at: null }
    case 'dead':
      return { reason: `Dead, with all its attempts used up: ${failure ?? 'no error was kept'}.`, nextAction: 'plan-replay', at: null }
    case 'accepted':
      return explainUnfinished(event, failure, now)
  }
}

function explainUnfinished({ attempts, dueAt, receivedAt, errorCode }: EventRecord, failure: string | null, now: Date): Waiting {
  const overdue = (now.getTime() - dueAt.getTime()) / 1_000
  if (overdue > OVERDUE_SECONDS)
    return { reason: `Was due ${relativeTime(dueAt, now)}, and no worker has taken it.`, nextAction: 'check-workers', at: null }
  if (!failure)
    return { reason: `Waits for a worker since ${utcTime(receivedAt)} (${relativeTime(receivedAt, now)}).`, nextAction: 'none', at: null }
  const spent = attempts === 0 ? 'no attempt spent' : `${attempts} of ${MAX_ATTEMPTS} attempts spent`
  const cause = CAUSES[errorCode ?? '']
  return {
    reason: `${cause ? `${cause.reason} ` : ''}Last error ${failure.replace(/\.$/, '')}; ${spent}.`,
    nextAction: cause?.nextAction ?? 'none',
    at: dueAt,
  }
}

/**
 * "Why isn't this moving?": for an onboarding that still waits for something, null for one that has arrived.
 * `openEvents` are its events that are unfinished, parked or dead. What a person must do comes before what the machine will do.
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
    return { reason: `${sayStep(refused.step)} was refused (${refused.errorCode ?? 'no code'}).`, nextAction: 'plan-replay', at: null }
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

function explainIntent({ step, attempts, leaseUntil, intendedAt }: EffectRecord, now: Date): Waiting {
  if (leaseUntil && leaseUntil > now)
    return {
      reason: `${sayStep(step)} is being attempted (attempt ${attempts}), until ${utcTime(leaseUntil)} at most.`,
      nextAction: 'none',
      at: null,
    }
  const tried = attempts === 0 ? 'not attempted yet' : `attempted ${counted(attempts, 'time')}, outcome unknown`
  return {
    reason: `${sayStep(step)} was requested at ${utcTime(intendedAt)}, ${tried}, and no event is at work on it.`,
    nextAction: 'plan-replay',
    at: null,
  }
}

function hasArrived({ state }: OnboardingRecord): boolean {
  return state === 'ready' || state === 'denied' || state === 'disabled'
}

function explainState(
  { state, requiredDocuments, createdAt, updatedAt }: OnboardingRecord,
  { now, unread }: { now: Date; unread: Unread },
): Waiting | null {
  switch (state) {
    case 'pending':
      return { reason: explainPending(createdAt, { now, unread }), nextAction: 'none', at: null }
    case 'documents_required':
      return {
        reason: `Waits for documents from the customer (${requiredDocuments.join(', ') || 'none named'}) for ${span((now.getTime() - updatedAt.getTime()) / 1_000)}.`,
        nextAction: 'send-documents',
        at: null,
      }
    case 'approved':
      return { reason: 'Approved, and no event is at work on it.', nextAction: 'plan-replay', at: null }
    default:
      return null
  }
}

/** Paxos is said to have the word only when Gatehouse has read all that Paxos has said. */
function explainPending(createdAt: Date, { now, unread }: { now: Date; unread: Unread }): string {
  if (unread.events === 0)
    return `Waits for Paxos's decision since ${utcTime(createdAt)} (${relativeTime(createdAt, now)}): seconds where the risk is low, up to a day otherwise.`
  const many =
    unread.events === 1 ? '1 event from Paxos is unread, and may be' : `${unread.events} events from Paxos are unread, and one may be`
  return `No decision is known: ${many} this customer's.${unread.because ? ` ${unread.because}` : ''}`
}

/** An effect by the name that it is stored under: `account` or `notice:ready:1`, in words. */
export function sayStep(step: string): string {
  const notification = notificationOf(step)
  return notification === null ? 'Account with profile' : `Notification "${notification}"`
}

/** An effect that was decided and not yet attempted. */
export function sayIntent(step: string): string {
  const notification = notificationOf(step)
  return notification === null ? 'Account creation requested' : `Notification "${notification}" queued`
}

function notificationOf(step: string): string | null {
  const [kind, name = ''] = step.split(':')
  return kind === 'account' ? null : name.replaceAll('_', ' ')
}
