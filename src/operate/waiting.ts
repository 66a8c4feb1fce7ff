import { relativeTime, utcTime } from './say-time.ts'

/**
 * Who must do something next for what waits:
 * - `none`: no person; it goes on by itself;
 * - `check-workers`: an operator looks whether workers run;
 * - `grant-access`: an administrator at Paxos enables the API user or grants scopes;
 * - `check-application`: the engineer of the customer's application looks why it refuses;
 * - `send-documents`: the customer;
 * - `plan-replay`: an operator looks at the cause, then plans a replay;
 * - `release-hold`: an operator decides, then releases the hold by a replay.
 */
export const NEXT_ACTIONS = [
  'none',
  'check-workers',
  'grant-access',
  'check-application',
  'send-documents',
  'plan-replay',
  'release-hold',
] as const
export type NextAction = (typeof NEXT_ACTIONS)[number]

/** Why something is not moving, as data: what a program asks, it asks of this and never of the sentence. */
export interface Waiting {
  /** What keeps it, as one or two sentences. */
  readonly reason: string
  readonly nextAction: NextAction
  /** When the machine tries next; null: it does not, or at no time that is known. */
  readonly at: Date | null
}

const SAID: Readonly<Record<NextAction, string | null>> = {
  none: null,
  'check-workers': 'Is a worker running? gatehouse doctor says.',
  'grant-access': "Enable the API user at Paxos, or grant the client's scopes; it goes on by itself then.",
  'check-application': 'Check NOTIFY_WEBHOOK_URL, the secret, and what the application says.',
  'send-documents': null,
  'plan-replay': 'Mend the cause, then plan a replay.',
  'release-hold': 'A person must decide; a replay that releases holds lets the live status count.',
}

/** The sentence for people, the same on every face. */
export function sayWaiting({ reason, nextAction, at }: Waiting, now: Date): string {
  const next = at && `Next try by ${utcTime(at)} (${relativeTime(at, now)}).`
  return [reason, next, SAID[nextAction]].filter(Boolean).join(' ')
}

/** Both forms, as the views have them. */
export function told(waiting: Waiting | null, now: Date): { waiting: Waiting | null; waitingFor: string | null } {
  return { waiting, waitingFor: waiting && sayWaiting(waiting, now) }
}
