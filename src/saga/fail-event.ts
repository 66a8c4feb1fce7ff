import type { InboxRow } from '../inbox/inbox.ts'
import type { EventEvidence } from '../paxos/events.ts'
import { AppError, errorCode, errorMessage, type RetryClass } from '../platform/app-error.ts'
import { isDatabaseAway } from '../platform/postgres/database-away.ts'
import type { JobOutcome } from '../queue/event-worker.ts'
import { causeOf } from './cause-of.ts'
import { countLookup } from './count-lookup.ts'
import { DISPATCH_GRACE_MS } from './dispatch-due-events.ts'
import type { ProcessParts } from './process-parts.ts'
import { MAX_UNKNOWN_OUTCOMES, retryAfter, spentAfter } from './retry-policy.ts'
import { EventUnknownError } from './saga-errors.ts'

/**
 * Reads of an event that Paxos does not know, before it is parked as forged or foreign. For an event received some time ago one read is
 * enough. If a sweep finds Paxos listing it, the sweep opens it again.
 */
const UNKNOWN_READS = 2
const LONG_ENOUGH_MS = 30_000

/** Records a failure in the event's row: another try at a known time, parked (an operator must act) or dead (attempts spent). */
export async function failEvent(
  parts: ProcessParts,
  { row, error, confirmed }: { row: InboxRow; error: unknown; confirmed: EventEvidence | null },
): Promise<JobOutcome> {
  const failure = { retry: retryClass(error), retryAfterMs: waitNamedBy(error) }
  const readEnough = row.attempts + 1 >= UNKNOWN_READS || parts.now() - row.receivedAt.getTime() >= LONG_ENOUGH_MS
  const parkNow = error instanceof EventUnknownError && readEnough
  const retry = parkNow ? ({ kind: 'park' } as const) : retryAfter(failure, { ...row, random: parts.random() })
  const spent = spentAfter(failure.retry, row)
  const unknown = spent.unknownOutcomes > row.unknownOutcomes ? ` Unknown ${spent.unknownOutcomes} of ${MAX_UNKNOWN_OUTCOMES} times.` : ''
  const cause = causeOf(error)
  const evidence = {
    ...spent,
    seq: row.seq,
    generation: row.generation,
    errorCode: storable(errorCode(error)),
    errorDetail: storable(errorMessage(error), unknown),
    ...(cause ? { causeId: await parts.inbox.keepCause(cause) } : {}),
    ...(confirmed ? { trust: 'confirmed' as const, ...(confirmed.identityId ? { identityId: confirmed.identityId } : {}) } : {}),
  }
  const log = parts.logger.child({ eventId: row.eventId, code: evidence.errorCode })
  if (parkNow) countLookup(parts.keys, row, 'unknown')
  if (retry.kind !== 'retry') {
    const end = endOf(row, retry.kind === 'park' ? 'parked' : 'dead')
    if (end === 'processed') log.warn({ reason: evidence.errorDetail }, 'replay of a completed event failed; the event stays processed')
    else if (parkNow && parts.unknown) parts.unknown.parked(row.keySlot)
    else log.warn({ reason: evidence.errorDetail }, `event ${end}: an operator must act`)
    await parts.inbox.complete({ ...evidence, state: end })
    parts.metrics.ended(end, parts.now() - row.receivedAt.getTime())
    return { kind: 'done' }
  }
  const at = parts.now() + retry.delayMs
  parts.metrics.willRetry(evidence.errorCode)
  // A flood of forged events must not fill the log: the watch reports them.
  const told = error instanceof EventUnknownError && parts.unknown ? 'debug' : 'info'
  log[told]({ inMs: retry.delayMs, reason: evidence.errorDetail }, 'event will be retried')
  await parts.inbox.complete({
    ...evidence,
    state: 'accepted',
    dueAt: new Date(at + DISPATCH_GRACE_MS),
  })
  return { kind: 'later', at }
}

/**
 * A replay never demotes an event that was confirmed and completed before. It stays `processed` with its old outcome, and the error beside
 * it is the replay's result.
 */
export function endOf({ trust, outcome }: InboxRow, failed: 'parked' | 'dead'): 'parked' | 'dead' | 'processed' {
  return trust === 'confirmed' && outcome !== null ? 'processed' : failed
}

/** An AppError has its class. An unavailable database costs no attempt. Any unforeseen error backs off like a fault of ours. */
function retryClass(error: unknown): RetryClass {
  if (error instanceof AppError) return error.retry
  return isDatabaseAway(error) ? 'snooze' : 'backoff'
}

/** Text for a row: cut to its length, without characters that Postgres refuses. Else the failure could not be recorded. */
function storable(text: string, more = ''): string {
  return (
    text
      .replaceAll('\0', '')
      .slice(0, 500 - more.length)
      .toWellFormed() + more
  )
}

function waitNamedBy(error: unknown): number | undefined {
  return error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined
}
