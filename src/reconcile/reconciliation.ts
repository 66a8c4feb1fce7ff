import type { TimeWindow } from './read-window.ts'

/**
 * - `waiting`: an operator requested it. In: the request, and a worker that could not go on (Paxos away). Out: a worker takes it.
 * - `running`: a worker reads List Events. In: from `waiting`. Out: the listing ended, or could not be read; a worker that died loses its lease,
 *   and the next one starts again.
 * - `complete`: the inbox holds every event that Paxos listed, and nothing is in doubt. In: from `running`. Out: nothing; it can be certified.
 * - `withheld`: it ended with a doubt or a missing event, so there is no certificate. In: from `running`. Out: nothing; request another one.
 */
export const RECONCILIATION_STATES = ['waiting', 'running', 'complete', 'withheld'] as const
export type ReconciliationState = (typeof RECONCILIATION_STATES)[number]

/** Why there is no certificate. */
export interface Withheld {
  readonly code: 'PAGE_SHORT' | 'EVENT_REPEATED' | 'EVENT_OUTSIDE_WINDOW' | 'ROW_UNUSABLE' | 'LISTING_INCOMPLETE' | 'EVENT_MISSING'
  readonly detail: string
}

/** One comparison of a window of List Events with the inbox. */
export interface Reconciliation extends Readonly<TimeWindow> {
  readonly id: string
  readonly state: ReconciliationState
  readonly requestedBy: string
  readonly requestedAt: Date
  /** Null until it is finished. */
  readonly finishedAt: Date | null
  /** Pages read so far. */
  readonly pages: number
  /** Distinct events that Paxos listed. */
  readonly listed: number
  /** Those of them that a webhook brought first. */
  readonly byWebhook: number
  /** Those of them that a read of List Events brought first. */
  readonly bySweep: number
  /** Those of `bySweep` that were received during this comparison. */
  readonly found: number
  /** Listed by Paxos and not in the inbox. */
  readonly missing: number
  /** SHA-256 over the sorted ids that Paxos listed, one to a line, hexadecimal; null until it is finished. */
  readonly eventsSha256: string | null
  readonly withheld: readonly Withheld[]
  /** Why the last try failed; null: it did not. */
  readonly lastError: string | null
}
