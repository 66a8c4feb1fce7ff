import type { OpenCause } from '../../inbox/open-causes.ts'
import type { UpstreamContact } from '../../paxos/upstream-contact.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import { DISPATCH_GRACE_MS } from '../../saga/dispatch-due-events.ts'
import { counted } from '../say/counted.ts'
import { clockTime, roughSpan } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'
import { earliest, sum } from './sum-causes.ts'

/** An event overdue by more than this was not retried, so its last error says nothing about Paxos now. */
const STALE_MS = 60_000

/** Paxos does not answer, or something else answers in its place. The event waits and spends no attempt. */
const OUTAGE_CODES: ReadonlySet<string> = new Set(['PAXOS_UNAVAILABLE', 'PAXOS_CIRCUIT_OPEN'])
/** Paxos answers but refuses our credentials, scopes or API user. */
const ACCESS_CODES: ReadonlySet<string> = new Set([
  'PAXOS_UNAUTHORIZED',
  'PAXOS_CREDENTIALS_REFUSED',
  'PAXOS_SCOPE_MISSING',
  'PAXOS_FORBIDDEN',
])

/** Unfinished events whose last attempt failed with such an error and whose next attempt is still due. */
function keptBy({ causes, now }: Observed, codes: ReadonlySet<string>): OpenCause[] {
  return causes.filter(
    ({ state, errorCode, nextDueAt }) =>
      state === 'accepted' && errorCode !== null && codes.has(errorCode) && now.getTime() - nextDueAt.getTime() < STALE_MS,
  )
}

export function paxosDown(seen: Observed): FoundProblem | null {
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
  const failed = kept.find(({ errorCode }) => errorCode === 'PAXOS_UNAVAILABLE')
  return {
    said: `Paxos does not answer${failed ? ` (${failed.status ?? 'no answer'})` : ''}; the oldest waiting event arrived at ${clockTime(since)}`,
    since,
    probeSeconds: Math.max(1, (earliest(kept, 'nextDueAt').getTime() - DISPATCH_GRACE_MS - seen.now.getTime()) / 1_000),
  }
}

export function paxosRefusesUs(seen: Observed): FoundProblem | null {
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

export function paxosLocked({ lockedForMs }: Observed): FoundProblem | null {
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
