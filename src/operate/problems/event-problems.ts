import type { OpenCause } from '../../inbox/open-causes.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import { span } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'
import { sum } from './sum-causes.ts'

/** Seconds after which an unfinished event is reported, even while Gatehouse still retries it. */
const TOO_OLD_SECONDS = 300
/** How many causes the home page lists separately; the rest share one sentence. */
const MOST_CAUSES = 5

/** `everyCause`: one problem for each cause, however many there are. */
export function givenUp({ causes }: Observed, state: 'dead' | 'parked', { everyCause = false } = {}): FoundProblem[] {
  const given = causes.filter((cause) => cause.state === state)
  const listed = everyCause ? given.length : MOST_CAUSES
  const named = given.slice(0, listed)
  const rest = given.slice(listed)
  return [
    ...named.map((cause) => givenUpBy(cause)),
    ...(rest.length > 0
      ? [
          {
            ...givenUpBy(rest[0]!),
            key: `${state}:rest`,
            sentence: sayRest(rest),
            facts: sayRest(rest),
            customers: sum(rest, 'customers') || null,
          },
        ]
      : []),
  ]
}

function sayRest(rest: readonly OpenCause[]): string {
  return `${counted(sum(rest, 'events'), 'event')} more ${rest[0]?.state}, with ${counted(rest.length, 'other cause')}.`
}

function givenUpBy(cause: OpenCause): FoundProblem {
  const { state, causeId, events, customers, firstCompletedAt, acknowledged } = cause
  const facts = `${counted(events, 'event')} ${state}: ${sayOpenCause(cause)}.`
  const known = acknowledged ? ` Acknowledged by ${acknowledged.by}: ${acknowledged.reason}.` : ''
  return {
    key: `${state}:${causeId ?? cause.errorCode ?? 'unknown'}`,
    kind: state === 'dead' ? 'dead' : 'parked',
    severity: acknowledged ? 'warning' : 'fault',
    sentence: `${facts}${known}`,
    facts,
    since: firstCompletedAt,
    customers: customers || null,
    nextAction: state === 'dead' ? 'Fix the cause, then plan a replay.' : 'Check the events, then plan a replay.',
    page: causeId === null ? `/events?state=${state}` : `/issues/${causeId}`,
    command: `${GATEHOUSE} replay plan ${causeId === null ? '' : `--issue ${causeId} `}--state ${state}`,
  }
}

/** `EFFECT_REFUSED (PAXOS_SCOPE_MISSING), create-account, accounts.create answered 403`. */
function sayOpenCause({ errorCode, innerCode, effectKind, operation, status }: OpenCause): string {
  const answer = operation && (status === null ? operation : `${operation} answered ${status}`)
  const code = `${errorCode ?? 'no error was kept'}${innerCode ? ` (${innerCode})` : ''}`
  return [code, effectKind, answer].filter((part) => part).join(', ')
}

export function held({ held }: Observed): FoundProblem | null {
  if (held === 0) return null
  return {
    kind: 'held',
    severity: 'fault',
    sentence: `${counted(held, 'onboarding')} held: the facts about the customer contradict each other.`,
    since: null,
    customers: held,
    nextAction: 'Decide on each, then release it by a replay.',
    page: '/onboardings?state=held',
    command: `${GATEHOUSE} onboarding list --state held`,
  }
}

/** `explained`: another problem already gives the cause. */
export function oldestUnfinished({ oldestUnfinishedAt, now, causes }: Observed, explained: boolean): FoundProblem | null {
  if (oldestUnfinishedAt === null || explained) return null
  const seconds = (now.getTime() - oldestUnfinishedAt.getTime()) / 1_000
  if (seconds <= TOO_OLD_SECONDS) return null
  const unfinished = causes.filter(({ state }) => state === 'accepted')
  return {
    kind: 'oldest-unfinished',
    severity: 'warning',
    sentence: `Oldest unfinished event: ${span(seconds)}. ${counted(sum(unfinished, 'events'), 'event')} unfinished.`,
    since: oldestUnfinishedAt,
    customers: sum(unfinished, 'customers') || null,
    nextAction: 'Check its last error.',
    page: '/events?state=accepted',
    command: `${GATEHOUSE} event list --state accepted`,
  }
}

export function sweepOverdue({ sweptTo, sweepEverySeconds, now }: Observed): FoundProblem | null {
  if (sweptTo === null || sweepEverySeconds === null) return null
  const behindSeconds = (now.getTime() - sweptTo.getTime()) / 1_000
  // A window ends some time before its sweep. Three missed sweeps are more than a delay.
  if (behindSeconds <= Math.max(3 * sweepEverySeconds, TOO_OLD_SECONDS)) return null
  return {
    kind: 'sweep-overdue',
    severity: 'warning',
    sentence: `The last sweep of Paxos's event list ended ${span(behindSeconds)} ago. Gatehouse does not know later events whose webhook was lost.`,
    since: sweptTo,
    customers: null,
    nextAction: 'None while Paxos does not answer. Otherwise read the log of the workers.',
    page: null,
    command: `${GATEHOUSE} doctor`,
  }
}
