import type { Inbox } from '../inbox/inbox.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import type { Logger } from '../platform/logger.ts'
import type { KeyGate } from './key-gate.ts'
import type { Routes } from './prepare-event.ts'
import type { SagaMetrics } from './saga-metrics.ts'
import type { UnknownWatch } from './unknown-watch.ts'

/**
 * What work on an event needs of the inbox. A test's double that lacks a method does not compile: with it, a failure could not be recorded.
 */
export type ProcessInbox = Pick<Inbox, 'load' | 'complete' | 'keepCause' | 'recordStrike'>

export interface ProcessParts extends Routes {
  inbox: ProcessInbox
  reader: ConfirmationReader
  /** Milliseconds since 1970. */
  now: () => number
  logger: Logger
  metrics: SagaMetrics
  /** Counts events that are parked as unknown to Paxos. Without it each has a log line of its own. */
  unknown?: UnknownWatch
  /** Bounds what unproven events of one webhook key may cost. Without it only the budget does. */
  keys?: KeyGate
  /** In [0, 1): jitters retries. */
  random: () => number
}
