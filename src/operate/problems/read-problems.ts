import type { Pool } from 'pg'
import { readChannels } from '../../alert/channel-health.ts'
import { readOldestUnfinished } from '../../inbox/oldest-unfinished.ts'
import { readOpenCauses } from '../../inbox/open-causes.ts'
import { listKeys, unknownByKey } from '../../inbox/webhook-keys.ts'
import { countHeld } from '../../ledger/count-held.ts'
import { countWaitingDuplicates } from '../../ledger/waiting-duplicates.ts'
import { readNoticeHealth } from '../../notify/notice-health.ts'
import { readUpstreamContact } from '../../paxos/upstream-contact.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { ServiceUnavailableError } from '../../platform/app-error.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { readCanary } from '../../queue/canary.ts'
import type { EventQueue } from '../../queue/event-queue.ts'
import { readWatermark } from '../../reconcile/sweep-windows.ts'
import type { Roster } from '../../roster/roster.ts'
import { listErasures } from '../../vault/erasures.ts'
import { readPause } from '../queue/queue-pause.ts'
import { findProblems } from './find-problems.ts'
import type { Observed } from './observed.ts'
import type { Problem } from './problem.ts'

export interface HealthParts {
  pool: Pool
  queue: Pick<EventQueue, 'counts'>
  roster: Pick<Roster, 'live'>
  pace: Pick<UpstreamPace, 'lockedForMs'>
  /** Seconds between sweeps; null: this process does not know. */
  sweepEverySeconds: number | null
  now: () => number
}

/** Milliseconds to wait for the queue, so that an unreachable queue does not block a page. */
const QUEUE_MS = 1_500
/** Open requests to erase a person that are read: the oldest. */
const MOST_ERASURES = 1_000

/** The current problems, worst first; empty if there are none. Rejects if Postgres does not answer. */
export async function readProblems(parts: HealthParts, options: { everyCause?: boolean } = {}): Promise<Problem[]> {
  return findProblems(await observe(parts), options)
}

async function observe({ pool, queue, roster, pace, sweepEverySeconds, now }: HealthParts): Promise<Observed> {
  const [
    counts,
    running,
    canary,
    causes,
    contact,
    notices,
    held,
    oldestUnfinishedAt,
    sweptTo,
    lockedForMs,
    keys,
    alertChannels,
    openErasures,
    duplicates,
  ] = await Promise.all([
    withTimeout(QUEUE_MS, queue.counts(), () => new ServiceUnavailableError('The queue does not answer.')).catch(() => null),
    roster.live(),
    readCanary(pool),
    readOpenCauses(pool),
    readUpstreamContact(pool),
    readNoticeHealth(pool),
    countHeld(pool),
    readOldestUnfinished(pool),
    readWatermark(pool),
    pace.lockedForMs().catch(() => null),
    listKeys(pool),
    readChannels(pool),
    listErasures(pool, { open: true, limit: MOST_ERASURES }),
    countWaitingDuplicates(pool),
  ])
  return {
    now: new Date(now()),
    ...{
      running,
      counts,
      canary,
      causes,
      contact,
      notices,
      sweptTo,
      sweepEverySeconds,
      lockedForMs,
      keys,
      held,
      oldestUnfinishedAt,
      alertChannels,
      openErasures,
      duplicates,
    },
    unknownOfKeys: await unknownByKey(
      pool,
      keys.flatMap(({ slot, demoted }) => (demoted ? [slot] : [])),
    ),
    pause: counts?.paused ? await readPause(pool) : null,
  }
}
