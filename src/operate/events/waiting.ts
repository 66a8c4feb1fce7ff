import { GATEHOUSE } from '../../platform/command-name.ts'
import { relativeTime, utcTime } from '../say/say-time.ts'

/**
 * Who must act next:
 * - `none`: no person; Gatehouse continues by itself;
 * - `check-workers`: an operator checks that workers run;
 * - `grant-access`: an administrator at Paxos enables the API user or grants scopes;
 * - `check-application`: an engineer of the application finds out why it refuses;
 * - `send-documents`: the customer;
 * - `answer-paxos`: your application or the customer, who give Paxos what it wants;
 * - `ask-paxos`: an operator asks Paxos's compliance or support;
 * - `plan-replay`: an operator fixes the cause, then plans a replay;
 * - `release-hold`: an operator decides, then releases the hold by a replay.
 */
export const NEXT_ACTIONS = [
  'none',
  'check-workers',
  'grant-access',
  'check-application',
  'send-documents',
  'answer-paxos',
  'ask-paxos',
  'plan-replay',
  'release-hold',
] as const
export type NextAction = (typeof NEXT_ACTIONS)[number]

/** Why something is not moving, as data. Programs read this, never the sentence. */
export interface Waiting {
  /** The cause, in one or two sentences. */
  readonly reason: string
  readonly nextAction: NextAction
  /** When Gatehouse tries next; null if it does not, or if the time is not known. */
  readonly at: Date | null
}

const SAID: Readonly<Record<NextAction, string | null>> = {
  none: null,
  'check-workers': `Check that a worker runs: ${GATEHOUSE} doctor.`,
  'grant-access': "Enable the API user at Paxos, or grant the client's scopes. Gatehouse then continues by itself.",
  'check-application': 'Check NOTIFY_WEBHOOK_URL, the secret and the log of the application.',
  'send-documents': null,
  'answer-paxos': null,
  'ask-paxos': 'Ask Paxos.',
  'plan-replay': 'Fix the cause, then plan a replay.',
  'release-hold': 'An operator must decide. A replay with "release holds" then decides by the live status at Paxos.',
}

/** The sentence for people, the same on every face. */
export function sayWaiting({ reason, nextAction, at }: Waiting, now: Date): string {
  const next = at && `Next attempt by ${utcTime(at)} (${relativeTime(at, now)}).`
  return [reason, next, SAID[nextAction]].filter(Boolean).join(' ')
}

/** Both forms, as the views have them. */
export function told(waiting: Waiting | null, now: Date): { waiting: Waiting | null; waitingFor: string | null } {
  return { waiting, waitingFor: waiting && sayWaiting(waiting, now) }
}
