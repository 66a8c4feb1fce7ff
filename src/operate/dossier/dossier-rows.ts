import type { Pool } from 'pg'
import { lastRoundAt, readWindowIncidents, type SeenProblem } from '../../alert/read-window-incidents.ts'
import { type AuditEntry, listAudit } from '../../audit/audit.ts'
import type { KeyRecord } from '../../inbox/key-record.ts'
import {
  MOST_CUSTOMERS,
  readNewCauses,
  readWindowCustomers,
  readWindowEvents,
  readWindowFailures,
  type WindowEvents,
  type WindowFailure,
} from '../../inbox/read-window.ts'
import { type RefusedGroup, readRefusedDeliveries } from '../../inbox/refused-in-window.ts'
import { listKeys } from '../../inbox/webhook-keys.ts'
import { countHeld } from '../../ledger/count-held.ts'
import { type FailedAttempts, readCustomersOfFailures, readFailedAttempts } from '../../ledger/read-failed-attempts.ts'
import { countWaitingDuplicates, type WaitingDuplicates } from '../../ledger/waiting-duplicates.ts'
import { readUpstreamContact, type UpstreamContact } from '../../paxos/upstream-contact.ts'
import { readWindowReconciliations } from '../../reconcile/read-window-reconciliations.ts'
import type { Reconciliation } from '../../reconcile/reconciliation.ts'
import { readRecoveredByReplay, readWindowReplays } from '../../replay/read-window-replays.ts'
import type { ReplayHead } from '../../replay/replay-record.ts'

/** The rows that a dossier is made of. */
export interface DossierRows {
  readonly events: WindowEvents
  /** Seqs of processed events that a replay recovered. */
  readonly replayed: ReadonlySet<string>
  readonly eventFailures: readonly WindowFailure[]
  readonly attemptFailures: readonly FailedAttempts[]
  readonly newCauses: Awaited<ReturnType<typeof readNewCauses>>
  /** Sorted; at most one more than a dossier lists. */
  readonly customers: readonly string[]
  readonly problems: readonly SeenProblem[]
  /** Null: no channel for alerts was ever configured, so problems were not recorded. */
  readonly lastRoundAt: Date | null
  readonly refused: readonly RefusedGroup[]
  readonly keys: readonly KeyRecord[]
  readonly contact: readonly UpstreamContact[]
  readonly replays: readonly ReplayHead[]
  readonly reconciliations: readonly Reconciliation[]
  /** Oldest first. */
  readonly acts: readonly AuditEntry[]
  readonly moreActs: boolean
  readonly held: number
  readonly duplicates: WaitingDuplicates
}

const MOST_ACTS = 1_000
const ACTS_PER_PAGE = 200

/** Reads them one after another: a dossier is not urgent, and the roles share the connections of Postgres. */
export async function readDossierRows(pool: Pool, window: { from: Date; to: Date }): Promise<DossierRows> {
  const events = await readWindowEvents(pool, window)
  const reopened = events.reopened.map(({ seq }) => seq)
  const acts = await readActs(pool, window)
  return {
    events,
    replayed: await readRecoveredByReplay(pool, reopened, window.from),
    eventFailures: await readWindowFailures(pool, window),
    attemptFailures: await readFailedAttempts(pool, window),
    newCauses: await readNewCauses(pool, window),
    customers: await readCustomers(pool, window),
    problems: await readWindowIncidents(pool, window),
    lastRoundAt: await lastRoundAt(pool),
    refused: await readRefusedDeliveries(pool, window),
    keys: await listKeys(pool),
    contact: await readUpstreamContact(pool),
    replays: await readWindowReplays(pool, window),
    reconciliations: await readWindowReconciliations(pool, window),
    acts: acts.slice(0, MOST_ACTS),
    moreActs: acts.length > MOST_ACTS,
    held: await countHeld(pool),
    duplicates: await countWaitingDuplicates(pool),
  }
}

async function readCustomers(pool: Pool, window: { from: Date; to: Date }): Promise<string[]> {
  const ofEvents = await readWindowCustomers(pool, window)
  const ofFailures = await readCustomersOfFailures(pool, window, MOST_CUSTOMERS + 1)
  return [...new Set([...ofEvents, ...ofFailures])].toSorted()
}

/** Acts of people, without those of programs through the API. */
async function readActs(pool: Pool, window: { from: Date; to: Date }): Promise<AuditEntry[]> {
  const acts: AuditEntry[] = []
  let cursor: string | undefined
  do {
    const page = await listAudit(pool, { ...window, by: 'people', limit: ACTS_PER_PAGE, ...(cursor === undefined ? {} : { cursor }) })
    acts.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && acts.length <= MOST_ACTS)
  return acts.toReversed()
}
