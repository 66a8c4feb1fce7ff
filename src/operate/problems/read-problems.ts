import type { Pool } from 'pg'
import type { EventReads } from '../../inbox/read-events.ts'
import { listKeys, unknownByKey } from '../../inbox/webhook-keys.ts'
import type { OnboardingReads } from '../../ledger/read-onboardings.ts'
import { readNoticeHealth } from '../../notify/notice-health.ts'
import { readUpstreamContact } from '../../paxos/upstream-contact.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { ServiceUnavailableError } from '../../platform/app-error.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { readCanary } from '../../queue/canary.ts'
import type { EventQueue } from '../../queue/event-queue.ts'
import { readWatermark } from '../../reconcile/sweep-windows.ts'
import type { Roster } from '../../roster/roster.ts'
import { readPause } from '../queue/queue-pause.ts'
import { findProblems } from './find-problems.ts'
import type { Observed } from './observed.ts'
import type { Problem } from './problem.ts'

export interface HealthParts {
  pool: Pool
  queue: Pick<EventQueue, 'counts'>
  events: Pick<EventReads, 'openCauses' | 'pulse'>
  onboardings: Pick<OnboardingReads, 'countStates'>
  roster: Pick<Roster, 'live'>
  pace: Pick<UpstreamPace, 'lockedForMs'>
  /** Seconds between sweeps; null: this process does not know. */
  sweepEverySeconds: number | null
  now: () => number
}

/** Milliseconds to wait for the queue, so that an unreachable queue does not block a page. */
const QUEUE_MS = 1_500

/** The current problems, worst first; empty if there are none. Rejects if Postgres does not answer. */
export async function readProblems(parts: HealthParts): Promise<Problem[]> {
  return findProblems(await observe(parts))
}

async function observe({ pool, queue, events, onboardings, roster, pace, sweepEverySeconds, now }: HealthParts): Promise<Observed> {
  const [counts, running, canary, causes, contact, notices, states, pulse, sweptTo, lockedForMs, keys] = await Promise.all([
    withTimeout(QUEUE_MS, queue.counts(), () => new ServiceUnavailableError('The queue does not answer.')).catch(() => null),
    roster.live(),
    readCanary(pool),
    events.openCauses(),
    readUpstreamContact(pool),
    readNoticeHealth(pool),
    onboardings.countStates(),
    events.pulse(),
    readWatermark(pool),
    pace.lockedForMs().catch(() => null),
    listKeys(pool),
  ])
  return {
    now: new Date(now()),
    ...{ running, counts, canary, causes, contact, notices, sweptTo, sweepEverySeconds, lockedForMs, keys },
    unknownOfKeys: await unknownByKey(
      pool,
      keys.flatMap(({ slot, demoted }) => (demoted ? [slot] : [])),
    ),
    pause: counts?.paused ? await readPause(pool) : null,
    held: states.held,
    oldestUnfinishedAt: pulse.oldestUnfinishedAt,
  }
}
