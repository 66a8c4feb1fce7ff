import type { HoldReason } from '../domain/onboarding/onboarding.ts'
import type { EventRecord } from '../inbox/read-events.ts'
import type { EffectRecord, OnboardingRecord } from '../ledger/read-onboardings.ts'

export { MAX_ATTEMPTS } from '../saga/retry-policy.ts'

import { MAX_ATTEMPTS } from '../saga/retry-policy.ts'
import { relativeTime, span, utcTime } from './say-time.ts'

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

/** What goes on by itself, and what a person can do meanwhile, for failures that are not the event's. */
const HINTS: Readonly<Record<string, string>> = {
  BUDGET_EXHAUSTED:
    "Our share of Paxos's rate limits is used up: it goes on by itself when there is room; the home page says how long the backlog takes.",
  PAXOS_THROTTLED:
    'Paxos refuses all calls from our address for a while (429): it goes on by itself; the home page says for how long nobody calls.',
  PAXOS_FORBIDDEN: "Paxos lets our API user read nothing of this: enable it, or grant the client's scopes; it asks again by itself.",
  PAXOS_CIRCUIT_OPEN:
    'Paxos keeps failing, so it is left alone, but for a call at least once a minute that asks whether it is back: it goes on by itself.',
}

/** An event that no worker has taken for so long points to the workers, not to the event. */
const OVERDUE_SECONDS = 60

export function describeHold(reason: HoldReason | null): string {
  return reason === null ? 'no reason was kept' : (HOLDS[reason] ?? reason)
}

/** Why the event is not finished and when it will next be worked on; null for one that is. */
export function explainEvent(event: EventRecord, now: Date): string | null {
  const failure = event.errorCode ? `${event.errorCode}${event.errorDetail ? `: ${event.errorDetail}` : ''}` : null
  switch (event.state) {
    case 'processed':
    case 'test':
      return null
    case 'parked':
      return `Parked (${failure ?? 'no error was kept'}). A person must look; then plan a replay.`
    case 'dead':
      return `Dead, with all its tries used up (${failure ?? 'no error was kept'}). Mend the cause; then plan a replay.`
    case 'accepted':
      return unfinished(event, failure, now)
  }
}

function unfinished({ attempts, dueAt, receivedAt, errorCode }: EventRecord, failure: string | null, now: Date): string {
  const overdue = (now.getTime() - dueAt.getTime()) / 1_000
  if (overdue > OVERDUE_SECONDS)
    return `Was due ${relativeTime(dueAt, now)} and nobody has taken it. Is a worker running (gatehouse worker, gatehouse doctor)?`
  if (!failure) return `Waits for a worker since ${utcTime(receivedAt)} (${relativeTime(receivedAt, now)}).`
  const spent = attempts === 0 ? 'no attempt spent' : `${attempts} of ${MAX_ATTEMPTS} attempts spent`
  const hint = HINTS[errorCode ?? '']
  return `Next attempt by ${utcTime(dueAt)} (${relativeTime(dueAt, now)}); ${spent}. ${hint ? `${hint} ` : ''}Last error ${failure}`
}

/**
 * "Why isn't this moving?": one sentence for an onboarding that still waits for something, null for one that has arrived.
 * `openEvents` are its events that are unfinished, parked or dead. What a person must do comes before what the machine will do.
 */
export function explainWaiting(onboarding: OnboardingRecord, openEvents: readonly EventRecord[], now: Date): string | null {
  if (onboarding.state === 'held') {
    return `Held: ${describeHold(onboarding.heldReason)}. A person must decide; a replay that releases holds lets the live status count.`
  }
  const refused = onboarding.effects.find(({ state }) => state === 'refused')
  if (refused) return `${sayStep(refused.step)} was refused (${refused.errorCode ?? 'no code'}). Mend the cause; then plan a replay.`
  const stuck = openEvents.find(({ state }) => state === 'parked' || state === 'dead')
  const running = openEvents.find(({ state }) => state === 'accepted')
  const intended = onboarding.effects.find(({ state }) => state === 'intended')
  if (running) return `${sayEvent(running)}: ${explainEvent(running, now)}`
  if (stuck && (intended || !hasArrived(onboarding))) return `${sayEvent(stuck)}: ${explainEvent(stuck, now)}`
  if (intended) return explainIntent(intended, now)
  return explainState(onboarding, now)
}

function explainIntent({ step, attempts, leaseUntil, intendedAt }: EffectRecord, now: Date): string {
  if (leaseUntil && leaseUntil > now) return `${sayStep(step)} is in hand (attempt ${attempts}), until ${utcTime(leaseUntil)} at most.`
  const tried = attempts === 0 ? 'not attempted yet' : `attempted ${attempts} times, outcome unknown`
  return `${sayStep(step)} is wanted since ${utcTime(intendedAt)}, ${tried}, and no event is at work on it: plan a replay of this identity.`
}

function hasArrived({ state }: OnboardingRecord): boolean {
  return state === 'ready' || state === 'denied' || state === 'disabled'
}

function explainState({ state, requiredDocuments, createdAt, updatedAt }: OnboardingRecord, now: Date): string | null {
  switch (state) {
    case 'pending':
      return `Waits for Paxos's decision since ${utcTime(createdAt)} (${relativeTime(createdAt, now)}): seconds where the risk is low, up to a day otherwise.`
    case 'documents_required':
      return `Waits for documents from the customer (${requiredDocuments.join(', ') || 'none named'}) for ${span((now.getTime() - updatedAt.getTime()) / 1_000)}.`
    case 'approved':
      return 'Approved, and nothing is at work on it: plan a replay of this identity.'
    default:
      return null
  }
}

function sayEvent({ type, eventId }: EventRecord): string {
  return `Event ${type} ${eventId}`
}

/** `account` and `notice:ready:1` in words. */
export function sayStep(step: string): string {
  const [kind, notice = ''] = step.split(':')
  return kind === 'account' ? 'The account with its profile' : `The notice "${notice.replaceAll('_', ' ')}"`
}
