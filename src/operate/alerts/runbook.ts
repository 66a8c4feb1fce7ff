import type { AlertSeverity } from '../../alert/alert-incident.ts'
import { PROBLEM_KINDS, type Problem, type ProblemKind } from '../problems/problem.ts'

/** For each problem, the section of docs/operations.md that says what to do. */
export const RUNBOOK: Readonly<Record<ProblemKind, string>> = {
  'queue-unreachable': 'the-queue-is-lost',
  'no-worker': 'a-worker-is-silent',
  'no-receiver': 'webhooks-do-not-arrive',
  'worker-silent': 'a-worker-is-silent',
  'paxos-refuses-us': 'paxos-is-down',
  'paxos-down': 'paxos-is-down',
  'application-refuses': 'an-event-is-parked-or-dead',
  'application-down': 'an-event-is-parked-or-dead',
  'key-demoted': 'the-webhook-key-was-stolen',
  'alert-channel-failing': 'alerts-do-not-arrive',
  'paxos-locked': 'paxos-is-down',
  'queue-paused': 'first-look',
  dead: 'an-event-is-parked-or-dead',
  parked: 'an-event-is-parked-or-dead',
  held: 'an-onboarding-is-held',
  'duplicate-person': 'a-person-is-known-already',
  'erasure-overdue': 'erase-a-person',
  'oldest-unfinished': 'first-look',
  'sweep-overdue': 'proving-that-no-event-is-missing',
}

/** These stop all work or mean a break-in, and only a person can end them. Their alerts pass quiet hours. */
const CRITICAL: ReadonlySet<ProblemKind> = new Set([
  'queue-unreachable',
  'no-worker',
  'no-receiver',
  'worker-silent',
  'paxos-refuses-us',
  'key-demoted',
  'alert-channel-failing',
])

export function alertSeverity({ kind, severity }: Pick<Problem, 'kind' | 'severity'>): AlertSeverity {
  return severity === 'fault' && CRITICAL.has(kind) ? 'critical' : severity
}

const HERE = 'docs/operations.md'

/** The address of the runbook for a kind of problem. `base`: your copy of docs/operations.md; null: its path in the repository. */
export function runbookOf(kind: string, base: string | null): string {
  const known = PROBLEM_KINDS.find((each) => each === kind)
  return `${base ?? HERE}${known ? `#${RUNBOOK[known]}` : ''}`
}
