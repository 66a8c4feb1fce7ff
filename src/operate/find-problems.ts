import type { OpenCause } from '../inbox/open-causes.ts'
import type { UpstreamContact } from '../paxos/upstream-contact.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { counted } from './counted.ts'
import type { Observed } from './observed.ts'
import { PROBLEM_KINDS, type Problem } from './problem.ts'
import { sayPause } from './queue-pause.ts'
import { clockTime, roughSpan, span } from './say-time.ts'

/** Seconds after which an unfinished event is reported, even while Gatehouse still retries it. */
const TOO_OLD_SECONDS = 300
/** A canary job runs through the queue every 5 s. */
const TOO_QUIET_MS = 60_000
/** During an outage the job itself retries this long before the event is due, because the dispatcher waits for that retry. */
const DISPATCH_GRACE_MS = 15_000
/** An event overdue by more than this was not retried, so its last error says nothing about Paxos now. */
const STALE_MS = 60_000
/** How many causes the home page lists separately; the rest share one sentence. */
const MOST_CAUSES = 5

/** Paxos does not answer, or something else answers in its place. The event waits and spends no attempt. */
const OUTAGE_CODES: ReadonlySet<string> = new Set(['PAXOS_UNAVAILABLE', 'PAXOS_CIRCUIT_OPEN'])
/** Paxos answers but refuses our credentials, scopes or API user. */
const ACCESS_CODES: ReadonlySet<string> = new Set([
  'PAXOS_UNAUTHORIZED',
  'PAXOS_CREDENTIALS_REFUSED',
  'PAXOS_SCOPE_MISSING',
  'PAXOS_FORBIDDEN',
])

/** The observations as problems, worst first. Pure. */
export function findProblems(seen: Observed): Problem[] {
  const problems = [
    ...[queueUnreachable(seen), queuePaused(seen), noWorker(seen), noReceiver(seen), workerSilent(seen)],
    ...[paxosRefusesUs(seen), paxosDown(seen), paxosLocked(seen), application(seen)],
    ...[...givenUp(seen, 'dead'), ...givenUp(seen, 'parked'), held(seen), sweepOverdue(seen)],
  ].filter((problem) => problem !== null)
  const old = oldestUnfinished(seen, problems.length > 0)
  return [...problems, ...(old ? [old] : [])].toSorted((a, b) => PROBLEM_KINDS.indexOf(a.kind) - PROBLEM_KINDS.indexOf(b.kind))
}

function queueUnreachable({ counts }: Observed): Problem | null {
  if (counts !== null) return null
  return {
    kind: 'queue-unreachable',
    severity: 'fault',
    sentence: 'The queue does not answer. The receiver still accepts events; workers process none.',
    since: null,
    customers: null,
    nextAction: 'Restore Redis (REDIS_URL). Workers continue by themselves within 1 min.',
    page: null,
    command: `${GATEHOUSE} doctor`,
  }
}

function queuePaused({ pause, now }: Observed): Problem | null {
  if (pause === null) return null
  return {
    kind: 'queue-paused',
    severity: 'warning',
    sentence: `The queue is paused. ${sayPause(pause, now)}.`,
    since: pause.at,
    customers: null,
    nextAction: 'Resume it when the reason is gone. The receiver still accepts webhooks.',
    page: '/queue',
    command: `${GATEHOUSE} queue resume --operator <you> --reason "..."`,
  }
}

function noWorker({ running, canary }: Observed): Problem | null {
  if (running.some(({ role }) => role === 'worker')) return null
  return {
    kind: 'no-worker',
    severity: 'fault',
    sentence: 'No worker is running. The receiver still accepts events; none is processed.',
    since: canary.seenAt,
    customers: null,
    nextAction: 'Start one with the command below.',
    page: null,
    command: `${GATEHOUSE} worker`,
  }
}

function noReceiver({ running }: Observed): Problem | null {
  if (running.some(({ role }) => role === 'receiver')) return null
  return {
    kind: 'no-receiver',
    severity: 'fault',
    sentence: 'No receiver is running, so webhooks are not accepted. Paxos retries each for 24 h.',
    since: null,
    customers: null,
    nextAction: 'Start one with the command below.',
    page: null,
    command: `${GATEHOUSE} receiver`,
  }
}

function workerSilent({ running, counts, canary }: Observed): Problem | null {
  const quietMs = canary.sinceSeenMs ?? 0
  const works = running.some(({ role }) => role === 'worker') && counts !== null && !counts.paused
  if (!works || quietMs <= TOO_QUIET_MS) return null
  return {
    kind: 'worker-silent',
    severity: 'fault',
    sentence: `A worker is running, but no job was taken for ${span(quietMs / 1_000)}.`,
    since: canary.seenAt,
    customers: null,
    nextAction: 'Read the logs of the workers, then restart them.',
    page: null,
    command: `${GATEHOUSE} doctor`,
  }
}

/** Unfinished events whose last attempt failed with such an error and whose next attempt is still due. */
function keptBy({ causes, now }: Observed, codes: ReadonlySet<string>): OpenCause[] {
  return causes.filter(
    ({ state, errorCode, nextDueAt }) =>
      state === 'accepted' && errorCode !== null && codes.has(errorCode) && now.getTime() - nextDueAt.getTime() < STALE_MS,
  )
}

const sum = (causes: readonly OpenCause[], of: 'events' | 'customers'): number => causes.reduce((total, cause) => total + cause[of], 0)
const earliest = (causes: readonly OpenCause[], of: 'oldestReceivedAt' | 'nextDueAt'): Date =>
  new Date(Math.min(...causes.map((cause) => cause[of].getTime())))

function paxosDown(seen: Observed): Problem | null {
  const outage = outageByBreaker(seen) ?? outageByEvents(seen)
  if (!outage) return null
  const waiting = seen.causes.filter(({ state }) => state === 'accepted')
  const events = sum(waiting, 'events')
  const wait = events === 0 ? 'No event is waiting' : `${counted(events, 'event')} waiting; none is lost`
  return {
    kind: 'paxos-down',
    severity: 'fault',
    sentence: `${outage.said}. ${wait}. Next probe ${outage.probeSeconds > 0 ? `in ${roughSpan(outage.probeSeconds)}` : 'is due now'}.`,
    since: outage.since,
    customers: sum(waiting, 'customers') || null,
    nextAction: "Check Paxos's status page. Gatehouse continues by itself when Paxos answers.",
    page: '/events?state=accepted',
    command: `${GATEHOUSE} event list --state accepted`,
  }
}

interface Outage {
  said: string
  since: Date
  probeSeconds: number
}

/** Circuits that are open now, except those opened by a refusal of our credentials. */
function failing({ contact }: Observed): (UpstreamContact & { failingSince: Date })[] {
  return contact.filter(
    (circuit): circuit is UpstreamContact & { failingSince: Date } =>
      circuit.failingSince !== null && !(circuit.errorCode !== null && ACCESS_CODES.has(circuit.errorCode)),
  )
}

/** From the breakers: when the outage began, why, and when the next probe is due. */
function outageByBreaker(seen: Observed): Outage | null {
  const [first] = failing(seen).toSorted((a, b) => a.failingSince.getTime() - b.failingSince.getTime())
  if (!first) return null
  const { circuit, failingSince, httpStatus, errorCode, nextProbeAt } = first
  const who = circuit === 'token' ? 'Paxos has issued no access token' : 'Paxos has not answered'
  const why = httpStatus ?? (errorCode === 'PAXOS_UNAVAILABLE' || errorCode === null ? 'no answer' : errorCode)
  return {
    said: `${who} since ${clockTime(failingSince)} (${why})`,
    since: failingSince,
    probeSeconds: nextProbeAt === null ? 0 : Math.ceil((nextProbeAt.getTime() - seen.now.getTime()) / 1_000),
  }
}

/** Too few failed calls to open a breaker, so only the failed events show the outage. Events received before Paxos last answered prove nothing. */
function outageByEvents(seen: Observed): Outage | null {
  const answeredAt = Math.max(0, ...seen.contact.map((circuit) => circuit.answeredAt?.getTime() ?? 0))
  const kept = keptBy(seen, OUTAGE_CODES).filter(({ oldestReceivedAt }) => oldestReceivedAt.getTime() > answeredAt)
  if (kept.length === 0) return null
  const since = earliest(kept, 'oldestReceivedAt')
  const answer = kept.find(({ errorCode }) => errorCode === 'PAXOS_UNAVAILABLE')?.detail
  return {
    said: `Paxos does not answer${answer ? ` (${statusIn(answer)})` : ''}; the oldest waiting event arrived at ${clockTime(since)}`,
    since,
    probeSeconds: Math.max(1, (earliest(kept, 'nextDueAt').getTime() - DISPATCH_GRACE_MS - seen.now.getTime()) / 1_000),
  }
}

/** The status in an error text (`Paxos events.get (503 Service Unavailable): …`); `no answer` without one. */
function statusIn(detail: string): string {
  return /\((\d{3})[ )]/.exec(detail)?.[1] ?? 'no answer'
}

function paxosRefusesUs(seen: Observed): Problem | null {
  const kept = keptBy(seen, ACCESS_CODES)
  const [first] = kept
  if (!first) return null
  return {
    kind: 'paxos-refuses-us',
    severity: 'fault',
    sentence: `Paxos refuses our credentials or scopes (${first.errorCode}). ${counted(sum(kept, 'events'), 'event')} waiting; none is lost.`,
    since: earliest(kept, 'oldestReceivedAt'),
    customers: sum(kept, 'customers') || null,
    nextAction:
      'Check PAXOS_CLIENT_ID and PAXOS_CLIENT_SECRET, that the API user is enabled, and its scopes. Gatehouse then continues by itself.',
    page: '/events?state=accepted',
    command: `${GATEHOUSE} doctor`,
  }
}

function paxosLocked({ lockedForMs }: Observed): Problem | null {
  if (!lockedForMs) return null
  return {
    kind: 'paxos-locked',
    severity: 'warning',
    sentence: `Paxos answered 429 (too many requests), so Gatehouse does not call it for another ${roughSpan(lockedForMs / 1_000)}.`,
    since: null,
    customers: null,
    nextAction: 'None: Gatehouse continues by itself. If this repeats, check whether anything else calls Paxos from this address.',
    page: null,
    command: null,
  }
}

/** The application's endpoint refuses notifications or does not answer. */
function application({ notices, causes }: Observed): Problem | null {
  const { failingSince, failures, lastCode, lastStatus } = notices
  if (failingSince === null) return null
  const refuses = lastCode === 'NOTICE_REFUSED'
  const kept = causes.filter(({ errorCode }) => errorCode?.startsWith('NOTICE_'))
  const answer = lastStatus === null ? 'no answer' : String(lastStatus)
  return {
    kind: refuses ? 'application-refuses' : 'application-down',
    severity: 'fault',
    sentence: refuses
      ? `Your application refuses notifications (${answer}), ${failures} in a row since ${clockTime(failingSince)}.`
      : `Your application does not accept notifications (${answer}), ${failures} failures in a row since ${clockTime(failingSince)}. Gatehouse retries them by itself.`,
    since: failingSince,
    customers: sum(kept, 'customers') || null,
    nextAction: refuses
      ? 'Check NOTIFY_WEBHOOK_URL, the secret and the log of your application. Then replay the dead events.'
      : 'Restore your application. Gatehouse then sends the notifications by itself.',
    page: refuses ? '/events?state=dead' : '/events?state=accepted',
    command: `${GATEHOUSE} doctor`,
  }
}

function givenUp({ causes }: Observed, state: 'dead' | 'parked'): Problem[] {
  const given = causes.filter((cause) => cause.state === state)
  const named = given.slice(0, MOST_CAUSES)
  const rest = given.slice(MOST_CAUSES)
  return [
    ...named.map((cause) => givenUpBy(cause)),
    ...(rest.length > 0
      ? [
          {
            ...givenUpBy(rest[0]!),
            sentence: `${counted(sum(rest, 'events'), 'event')} more ${state}, with ${counted(rest.length, 'other cause')}.`,
            customers: sum(rest, 'customers') || null,
          },
        ]
      : []),
  ]
}

function givenUpBy(cause: OpenCause): Problem {
  const { state, causeId, events, customers, firstCompletedAt, acknowledged } = cause
  const known = acknowledged ? ` Acknowledged by ${acknowledged.by}: ${acknowledged.reason}.` : ''
  return {
    kind: state === 'dead' ? 'dead' : 'parked',
    severity: acknowledged ? 'warning' : 'fault',
    sentence: `${counted(events, 'event')} ${state}: ${sayOpenCause(cause)}.${known}`,
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

function held({ held }: Observed): Problem | null {
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
function oldestUnfinished({ oldestUnfinishedAt, now, causes }: Observed, explained: boolean): Problem | null {
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

function sweepOverdue({ sweptTo, sweepEverySeconds, now }: Observed): Problem | null {
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
