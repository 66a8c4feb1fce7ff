import { countOrigins } from '../inbox/count-origins.ts'
import { PaxosAnswerMalformedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import { type Doubt, digestOf, readWindow, type WindowParts, type WindowReading } from './read-window.ts'
import type { Reconciliation, Withheld } from './reconciliation.ts'
import { finishReconciliation, type ReconciliationResult, renewReconciliation } from './reconciliation-store.ts'

/** This worker did not renew its lease in time, and another worker has the comparison. Events that this one stored stay. */
export class ReconciliationLeaseLostError extends AppError {
  readonly code = 'RECONCILIATION_LEASE_LOST'
  readonly retry = 'snooze'
}

/**
 * Compares one window: reads List Events to its end, stores what the inbox lacks, and then counts how much of Paxos's list the inbox holds.
 * A listing without an end, one that moved while it was read, and one with a short page give no certificate (A47, A48).
 * @throws the errors of calls to Paxos: the caller tries again later
 */
export async function runReconciliation(
  parts: WindowParts,
  { id, fromAt, toAt, requestedAt }: Reconciliation,
  worker: string,
): Promise<void> {
  const { pool } = parts
  let listed = 0
  const lost = () =>
    new ReconciliationLeaseLostError(`another worker took over the reconciliation ${id}, because this one did not renew its lease in time`)
  const result = await readWindow(parts, { fromAt, toAt }, async (progress) => {
    listed = progress.listed
    if (!(await renewReconciliation(pool, { id, worker, ...progress }))) throw lost()
  })
    .then((reading) => compare(parts, reading, requestedAt))
    .catch((error: unknown): ReconciliationResult => {
      if (!(error instanceof PaxosAnswerMalformedError)) throw error
      const withheld = [{ code: 'LISTING_INCOMPLETE' as const, detail: error.message }]
      return { listed, byWebhook: 0, bySweep: 0, found: 0, missing: 0, withheld, eventsSha256: null }
    })
  if (!(await finishReconciliation(pool, id, worker, result))) throw lost()
}

async function compare({ pool }: WindowParts, { eventIds, doubts }: WindowReading, requestedAt: Date): Promise<ReconciliationResult> {
  const { byWebhook, bySweep, foundSince } = await countOrigins(pool, [...eventIds], requestedAt)
  const missing = eventIds.size - byWebhook - bySweep
  return {
    listed: eventIds.size,
    byWebhook,
    bySweep,
    found: foundSince,
    missing,
    withheld: [...doubts.map(sayDoubt), ...(missing > 0 ? [sayMissing(missing)] : [])],
    eventsSha256: digestOf(eventIds),
  }
}

function sayMissing(missing: number): Withheld {
  return {
    code: 'EVENT_MISSING',
    detail: `Events that Paxos lists and the inbox does not hold: ${missing}. Request another reconciliation.`,
  }
}

function sayDoubt(doubt: Doubt): Withheld {
  const { code } = doubt
  switch (code) {
    case 'PAGE_SHORT':
      return {
        code,
        detail: `Pages of List Events with fewer rows than requested, although more pages followed: ${doubt.pages}. Rows may be missing.`,
      }
    case 'EVENT_REPEATED':
      return {
        code,
        detail: `Events that List Events showed twice: ${doubt.events}. Rows moved between pages, so others may have been skipped.`,
      }
    case 'EVENT_OUTSIDE_WINDOW':
      return { code, detail: `Events outside the requested window: ${doubt.events}. List Events did not apply the window.` }
    case 'ROW_UNUSABLE':
      return { code, detail: `Rows of List Events without a usable id, type or time: ${doubt.rows}. They are not in the inbox.` }
  }
}
