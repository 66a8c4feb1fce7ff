import { outcomeText } from '../domain/outcome.ts'
import type { InboxRow } from '../inbox/inbox.ts'
import type { EventEvidence } from '../paxos/events.ts'
import { BudgetExhaustedError } from '../paxos/paxos-errors.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import type { EventJob } from '../queue/event-jobs.ts'
import type { EventHandler, JobOutcome } from '../queue/event-worker.ts'
import { createQuarantine, type Quarantine } from '../queue/quarantine.ts'
import type { Slot } from '../queue/worker-slots.ts'
import { countLookup, isFirstLook } from './count-lookup.ts'
import { endOf, failEvent } from './fail-event.ts'
import { prepareEvent } from './prepare-event.ts'
import type { ProcessParts } from './process-parts.ts'
import { JobTimedOutError } from './saga-errors.ts'

/** A longer job has a fault of ours. Its call is abandoned, and the version fence refuses a late receipt of it. */
const JOB_TIMEOUT_MS = 120_000
/**
 * `RESCUES_BEFORE_SUSPICION`: process deaths during a job before the job is a suspect. `STRIKES_BEFORE_PARKING`: deaths with no other
 * suspect in progress before it is parked.
 */
const RESCUES_BEFORE_SUSPICION = 2
const STRIKES_BEFORE_PARKING = 3
/** Milliseconds for which a loaded row counts as fresh when the work begins. */
const ROW_FRESH_MS = 1_000
const DONE: JobOutcome = { kind: 'done' }
const KEPT = { kind: 'kept', because: 'moves-no-onboarding' } as const

/**
 * Handles one event of the inbox: confirms it with Paxos, advances its stream, completes it. A failure ends as a row that says why: another
 * try at a known time, parked (a person must look) or dead (attempts spent). It rejects only when Postgres itself does not answer; the
 * queue then tries again.
 */
export function createEventProcessor(parts: ProcessParts): EventHandler {
  const quarantine = createQuarantine()
  /** Strikes by event (its seq) that this process survived and that still stand in the inbox. */
  const survived = new Map<string, number>()
  /** One suspect at a time: when the process dies, the suspect is known. */
  let suspects: Promise<unknown> = Promise.resolve()
  return async (job, { rescues, slot }) => {
    if (rescues < RESCUES_BEFORE_SUSPICION) {
      const row = await loadWaiting(parts, job, slot)
      return row ? quarantine.beside(() => handle(parts, row, slot)) : DONE
    }
    await slot?.held
    const turn = suspects.then(() => handleSuspect(parts, job, { quarantine, survived }))
    suspects = turn.catch(() => undefined)
    return turn
  }
}

async function handleSuspect(
  parts: ProcessParts,
  job: EventJob,
  { quarantine, survived }: { quarantine: Quarantine; survived: Map<string, number> },
): Promise<JobOutcome> {
  const row = await loadToBeDone(parts, job)
  if (!row) return DONE
  const strikes = row.strikes - (survived.get(job.seq) ?? 0)
  if (strikes >= STRIKES_BEFORE_PARKING) return parkPoison(parts, row)
  const attempt = async (): Promise<JobOutcome> => {
    await parts.inbox.recordStrike(job.seq)
    try {
      const fresh = await loadToBeDone(parts, job) // the wait may have been long
      const outcome = fresh ? await handle(parts, fresh) : DONE
      survived.delete(job.seq) // completing an event, or recording its next try, voids its strikes
      return outcome
    } catch (error) {
      // Postgres went away. The process is alive, but neither the event's end nor the void strike could be written.
      survived.set(job.seq, (survived.get(job.seq) ?? 0) + 1)
      throw error
    }
  }
  // The last strike parks the event, so it must run alone. Before that, other events need not wait.
  return strikes + 1 === STRIKES_BEFORE_PARKING ? quarantine.alone(attempt) : quarantine.beside(attempt)
}

async function parkPoison(parts: ProcessParts, row: InboxRow): Promise<JobOutcome> {
  const { seq, generation, eventId, strikes, receivedAt } = row
  const errorDetail = `the process died ${strikes} times while it processed this event, the last time with no other event`
  parts.logger.error({ eventId, strikes }, 'event parked: it kills the process that runs it')
  const end = endOf(row, 'parked')
  const causeId = await parts.inbox.keepCause({ code: 'POISON', effectKind: null, operation: null, status: null, problemType: null })
  await parts.inbox.complete({ seq, generation, state: end, errorCode: 'POISON', errorDetail, causeId })
  parts.metrics.ended(end, parts.now() - receivedAt.getTime())
  return DONE
}

/**
 * Works on an event at once, outside of the queue, as a worker would: the API runs its commands so. A failure is recorded in the event's
 * row, which decides when a worker tries again, and is thrown.
 */
export function workNow(parts: ProcessParts): (job: EventJob) => Promise<void> {
  return async (job) => {
    const row = await loadToBeDone(parts, job)
    if (!row) return
    let failure: { error: unknown } | null = null
    await handle(parts, row, undefined, (error) => {
      failure = { error }
    })
    if (failure) throw (failure as { error: unknown }).error // TypeScript does not see the assignment in the callback
  }
}

async function handle(parts: ProcessParts, row: InboxRow, slot?: Slot, onFailure?: (error: unknown) => void): Promise<JobOutcome> {
  let confirmed: EventEvidence | null = null
  try {
    const work = async (): Promise<void> => {
      const prepared = await prepareEvent(parts, row, priorityOf(row))
      if (isFirstLook(row)) countLookup(parts.keys, row, 'known')
      if (prepared.kind === 'kept') return await keep(parts, row, prepared.event.identityId)
      confirmed = prepared.event
      const { seq, generation, eventId, attempts, authority } = row
      const { identityId, run } = prepared.work()
      const { outcome, completed } = await run({
        seq,
        generation,
        actor: `event:${eventId}`,
        attempts,
        authority,
        replayed: generation > 0,
        release: slot?.release,
        now: parts.now,
      })
      if (completed) return
      const end = { seq, generation, state: 'processed', outcome: outcomeText(outcome), trust: 'confirmed' } as const
      await parts.inbox.complete(identityId === null ? end : { ...end, identityId })
    }
    await withTimeout(JOB_TIMEOUT_MS, work(), () => new JobTimedOutError(`the job did not end within ${JOB_TIMEOUT_MS / 1000} s`))
    parts.metrics.ended('processed', parts.now() - row.receivedAt.getTime())
    return DONE
  } catch (error) {
    onFailure?.(error)
    if (error instanceof BudgetExhaustedError) parts.reader.unused(row.eventId)
    return await failEvent(parts, { row, error, confirmed })
  }
}

/**
 * Loads the event's row while it waits for its slot. After a long wait it loads the row again, since another worker may have completed the
 * event.
 */
async function loadWaiting(parts: ProcessParts, job: EventJob, slot: Slot | undefined): Promise<InboxRow | null> {
  const row = await loadToBeDone(parts, job)
  if (!row || !slot) return row
  const loadedAt = parts.now()
  await slot.held
  return parts.now() - loadedAt > ROW_FRESH_MS ? loadToBeDone(parts, job) : row
}

async function loadToBeDone({ inbox }: ProcessParts, job: EventJob): Promise<InboxRow | null> {
  const row = await inbox.load(job.seq)
  return isToBeDone(row, job) ? row : null
}

/**
 * Whether this job must work on the row. False when another worker completed the event, and when a newer job exists: one of a later
 * generation, or the event's own job after it left a batch.
 */
function isToBeDone(row: InboxRow | null, job: EventJob): row is InboxRow {
  return row?.state === 'accepted' && row.generation === job.generation && row.batch === (job.batch ?? null)
}

/**
 * Keeps an event that moves no stream (KYC refreshes, types that Paxos adds). The type is the one that Paxos confirmed, never the
 * delivery's: else a forged event could take a decision's place in the inbox.
 */
async function keep({ inbox }: ProcessParts, { seq, generation }: InboxRow, identityId: string | null): Promise<void> {
  const whose = identityId === null ? {} : { identityId }
  await inbox.complete({ seq, generation, state: 'processed', outcome: outcomeText(KEPT), trust: 'confirmed', ...whose })
}

function priorityOf(row: InboxRow): 'live' | 'replay' {
  return row.generation > 0 ? 'replay' : 'live'
}
