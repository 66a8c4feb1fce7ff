import type { OpenCause } from '../inbox/open-causes.ts'
import type { UpstreamContact } from '../paxos/upstream-contact.ts'
import { counted } from './counted.ts'
import type { Observed } from './observed.ts'
import { PROBLEM_KINDS, type Problem } from './problem.ts'
import { sayPause } from './queue-pause.ts'
import { clockTime, roughSpan, span } from './say-time.ts'

/** An event that is unfinished for longer than this is worth a look, even while it is still tried. */
const TOO_OLD_SECONDS = 300
/** A canary goes through the queue every five seconds. */
const TOO_QUIET_MS = 60_000
/** The next try of what Paxos's outage keeps is this much before the event is due (the dispatcher waits for the job's own try). */
const DISPATCH_GRACE_MS = 15_000
/** What was due longer ago than this was not tried again: its error says nothing of Paxos now. */
const STALE_MS = 60_000
/** Causes that home names one by one; the rest is one sentence. */
const MOST_CAUSES = 5

/** Paxos does not answer, or not as Paxos does. The event waits and spends no attempt. */
const OUTAGE_CODES: ReadonlySet<string> = new Set(['PAXOS_UNAVAILABLE', 'PAXOS_CIRCUIT_OPEN'])
/** Paxos answers, and refuses us: credentials, scopes, the API user. */
const ACCESS_CODES: ReadonlySet<string> = new Set([
  'PAXOS_UNAUTHORIZED',
  'PAXOS_CREDENTIALS_REFUSED',
  'PAXOS_SCOPE_MISSING',
  'PAXOS_FORBIDDEN',
])

/** What was seen, as problems, worst first. Pure. */
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
    sentence: 'The queue does not answer. Events are accepted and kept; none is worked on.',
    since: null,
    customers: null,
    nextAction: 'Bring back Redis (REDIS_URL). Work goes on by itself within a minute after that.',
    page: null,
    command: 'gatehouse doctor',
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
    nextAction: 'Resume it when the reason is gone. Webhooks are accepted meanwhile.',
    page: '/queue',
    command: 'gatehouse queue resume --operator <you> --reason "..."',
  }
}

function noWorker({ running, canary }: Observed): Problem | null {
  if (running.some(({ role }) => role === 'worker')) return null
  return {
    kind: 'no-worker',
    severity: 'fault',
    sentence: 'No worker runs. Events are accepted and kept; none is worked on.',
    since: canary.seenAt,
    customers: null,
    nextAction: 'Start one.',
    page: null,
    command: 'gatehouse worker',
  }
}

function noReceiver({ running }: Observed): Problem | null {
  if (running.some(({ role }) => role === 'receiver')) return null
  return {
    kind: 'no-receiver',
    severity: 'fault',
    sentence: 'No receiver runs, so webhooks are not accepted. Paxos sends them again for 24 h.',
    since: null,
    customers: null,
    nextAction: 'Start one.',
    page: null,
    command: 'gatehouse receiver',
  }
}

function workerSilent({ running, counts, canary }: Observed): Problem | null {
  const quietMs = canary.sinceSeenMs ?? 0
  const works = running.some(({ role }) => role === 'worker') && counts !== null && !counts.paused
  if (!works || quietMs <= TOO_QUIET_MS) return null
  return {
    kind: 'worker-silent',
    severity: 'fault',
    sentence: `A worker runs, and no worker has taken a job for ${span(quietMs / 1_000)}.`,
    since: canary.seenAt,
    customers: null,
    nextAction: 'Look at the logs of the workers, then restart them.',
    page: null,
    command: 'gatehouse doctor',
  }
}

/** Unfinished events whose last try failed so, and whose next try is still to come. */
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
  const wait = events === 0 ? 'No event waits' : `${counted(events, 'event')} ${events === 1 ? 'waits' : 'wait'}; nothing is lost`
  return {
    kind: 'paxos-down',
    severity: 'fault',
    sentence: `${outage.said}. ${wait}. Next probe ${outage.probeSeconds > 0 ? `in ${roughSpan(outage.probeSeconds)}` : 'is due now'}.`,
    since: outage.since,
    customers: sum(waiting, 'customers') || null,
    nextAction: "Look at Paxos's status page. Work goes on by itself when Paxos answers.",
    page: '/events?state=accepted',
    command: 'gatehouse event list --state accepted',
  }
}

interface Outage {
  said: string
  since: Date
  probeSeconds: number
}

/** Circuits that are open now, unless what opened them was a refusal of our credentials. */
function failing({ contact }: Observed): (UpstreamContact & { failingSince: Date })[] {
  return contact.filter(
    (circuit): circuit is UpstreamContact & { failingSince: Date } =>
      circuit.failingSince !== null && !(circuit.errorCode !== null && ACCESS_CODES.has(circuit.errorCode)),
  )
}

/** What the breakers know: since when, why, and when the next call goes out. */
function outageByBreaker(seen: Observed): Outage | null {
  const [first] = failing(seen).toSorted((a, b) => a.failingSince.getTime() - b.failingSince.getTime())
  if (!first) return null
  const { circuit, failingSince, httpStatus, errorCode, nextProbeAt } = first
  const who = circuit === 'token' ? 'Paxos has given no access token' : 'Paxos has not answered'
  const why = httpStatus ?? (errorCode === 'PAXOS_UNAVAILABLE' || errorCode === null ? 'no answer' : errorCode)
  return {
    said: `${who} since ${clockTime(failingSince)} (${why})`,
    since: failingSince,
    probeSeconds: nextProbeAt === null ? 0 : Math.ceil((nextProbeAt.getTime() - seen.now.getTime()) / 1_000),
  }
}

/** Too few calls failed to open a breaker: all that is known is which events failed. Events received before Paxos last answered prove nothing. */
function outageByEvents(seen: Observed): Outage | null {
  const answeredAt = Math.max(0, ...seen.contact.map((circuit) => circuit.answeredAt?.getTime() ?? 0))
  const kept = keptBy(seen, OUTAGE_CODES).filter(({ oldestReceivedAt }) => oldestReceivedAt.getTime() > answeredAt)
  if (kept.length === 0) return null
  const since = earliest(kept, 'oldestReceivedAt')
  const answer = kept.find(({ errorCode }) => errorCode === 'PAXOS_UNAVAILABLE')?.detail
  return {
    said: `Paxos does not answer${answer ? ` (${statusIn(answer)})` : ''}; the oldest event waits since ${clockTime(since)}`,
    since,
    probeSeconds: Math.max(1, (earliest(kept, 'nextDueAt').getTime() - DISPATCH_GRACE_MS - seen.now.getTime()) / 1_000),
  }
}

/** `503` out of an error's text (`Paxos events.get (503 Service Unavailable): …`), which names no person; the text itself otherwise. */
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
    sentence: `Paxos refuses our credentials or scopes (${first.errorCode}). ${counted(sum(kept, 'events'), 'event')} kept by it; nothing is lost.`,
    since: earliest(kept, 'oldestReceivedAt'),
    customers: sum(kept, 'customers') || null,
    nextAction: 'Check PAXOS_CLIENT_ID, PAXOS_CLIENT_SECRET, that the API user is enabled, and its scopes. Work goes on by itself then.',
    page: '/events?state=accepted',
    command: 'gatehouse doctor',
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
    nextAction: 'Nothing: it goes on by itself. Does anything else call Paxos from this address?',
    page: null,
    command: null,
  }
}

/** The customer's own endpoint: it refuses notifications, or does not answer. */
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
      : `Your application does not take notifications (${answer}), ${failures} failures in a row since ${clockTime(failingSince)}. They are sent again by themselves.`,
    since: failingSince,
    customers: sum(kept, 'customers') || null,
    nextAction: refuses
      ? 'Check NOTIFY_WEBHOOK_URL, the secret, and the log of your application; then replay what is dead.'
      : 'Bring your application back. Notifications go on by themselves then.',
    page: refuses ? '/events?state=dead' : '/events?state=accepted',
    command: 'gatehouse doctor',
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
            sentence: `${counted(sum(rest, 'events'), 'event')} more ${state}, of ${counted(rest.length, 'other cause')}.`,
            customers: sum(rest, 'customers') || null,
          },
        ]
      : []),
  ]
}

function givenUpBy({ state, errorCode, innerCode, events, customers, firstCompletedAt }: OpenCause): Problem {
  return {
    kind: state === 'dead' ? 'dead' : 'parked',
    severity: 'fault',
    sentence: `${counted(events, 'event')} ${state}: ${errorCode ?? 'no error was kept'}${innerCode ? ` (${innerCode})` : ''}.`,
    since: firstCompletedAt,
    customers: customers || null,
    nextAction: state === 'dead' ? 'Mend the cause, then plan a replay.' : 'Look at the events, then plan a replay.',
    page: `/events?state=${state}`,
    command: `gatehouse replay plan --state ${state}`,
  }
}

function held({ held }: Observed): Problem | null {
  if (held === 0) return null
  return {
    kind: 'held',
    severity: 'fault',
    sentence: `${counted(held, 'onboarding')} held: what is known of the customer contradicts itself.`,
    since: null,
    customers: held,
    nextAction: 'Decide each, then release it by a replay.',
    page: '/onboardings?state=held',
    command: 'gatehouse onboarding list --state held',
  }
}

/** `explained`: another problem says already why. */
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
    nextAction: 'Look at its last error.',
    page: '/events?state=accepted',
    command: 'gatehouse event list --state accepted',
  }
}

function sweepOverdue({ sweptTo, sweepEverySeconds, now }: Observed): Problem | null {
  if (sweptTo === null || sweepEverySeconds === null) return null
  const behindSeconds = (now.getTime() - sweptTo.getTime()) / 1_000
  // A window ends a while before its sweep; three missed ones are no delay any more.
  if (behindSeconds <= Math.max(3 * sweepEverySeconds, TOO_OLD_SECONDS)) return null
  return {
    kind: 'sweep-overdue',
    severity: 'warning',
    sentence: `The last sweep over Paxos's list of events ends ${span(behindSeconds)} ago. Events that no webhook brought since then are not known.`,
    since: sweptTo,
    customers: null,
    nextAction: 'Nothing while Paxos does not answer; else look at the log of the workers.',
    page: null,
    command: 'gatehouse doctor',
  }
}
