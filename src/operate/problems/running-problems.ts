import { GATEHOUSE } from '../../platform/command-name.ts'
import { sayPause } from '../queue/queue-pause.ts'
import { span } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'

/** A canary job runs through the queue every 5 s. */
const TOO_QUIET_MS = 60_000

export function queueUnreachable({ counts }: Observed): FoundProblem | null {
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

export function queuePaused({ pause, now }: Observed): FoundProblem | null {
  if (pause === null) return null
  return {
    kind: 'queue-paused',
    severity: 'warning',
    sentence: `The queue is paused. ${sayPause(pause, now)}.`,
    facts: 'The queue is paused by an operator.',
    since: pause.at,
    customers: null,
    nextAction: 'Resume it when the reason is gone. The receiver still accepts webhooks.',
    page: '/queue',
    command: `${GATEHOUSE} queue resume --operator <you> --reason "..."`,
  }
}

export function noWorker({ running, canary }: Observed): FoundProblem | null {
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

export function noReceiver({ running }: Observed): FoundProblem | null {
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

export function workerSilent({ running, counts, canary }: Observed): FoundProblem | null {
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
