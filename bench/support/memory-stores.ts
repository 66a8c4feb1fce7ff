import { isOnboardingEvent } from '../../src/domain/onboarding/onboarding.ts'
import { causeIdOf } from '../../src/inbox/failure-cause.ts'
import type { Change, Stored } from '../../src/ledger/change.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Backlog } from '../../src/paxos/backlog-pass.ts'
import type { ProcessInbox } from '../../src/saga/process-parts.ts'
import { acceptedRow } from '../../test/support/accepted-row.ts'
import { commitInMemory } from '../../test/support/commit-in-memory.ts'
import type { ApprovedEvent } from './upstream.ts'

/**
 * The inbox and the ledger in memory, with the methods that work on events uses, for a simulated clock that cannot wait for a real
 * Postgres.
 */
export function createMemoryStores(events: readonly ApprovedEvent[]): {
  inbox: ProcessInbox
  ledger: Ledger
  backlog: Backlog
  readyCount(): number
} {
  const rows = new Map(
    events.map((event, index) => [String(index + 1), acceptedRow({ seq: String(index + 1), eventId: event.id, at: new Date(event.at) })]),
  )
  const onboardings = new Map<string, Stored>()

  const complete = (completion: Parameters<ProcessInbox['complete']>[0]): boolean => {
    const row = rows.get(completion.seq)
    if (row?.state !== 'accepted') return false
    const { state, attempts = row.attempts, unknownOutcomes = row.unknownOutcomes, outcome = row.outcome, dueAt = row.dueAt } = completion
    Object.assign(row, { state, attempts, unknownOutcomes, outcome, dueAt })
    return true
  }
  /** On the version of the decision, with the end of its event, or not at all. */
  const commit = (change: Change): Stored | null => {
    const { identityId } = change.draft.onboarding
    const next = commitInMemory(onboardings.get(identityId) ?? null, change)
    if (!next) return null
    onboardings.set(identityId, next)
    const { completion } = change
    if (completion) complete({ seq: completion.seq, state: 'processed', outcome: completion.outcome })
    return next
  }
  const versionsOf = (ids: readonly string[]): Map<string, number> =>
    new Map(ids.flatMap((id) => (onboardings.has(id) ? [[id, onboardings.get(id)!.version]] : [])))
  const inbox: ProcessInbox = {
    load: async (seq) => ({ ...rows.get(seq)! }),
    complete: async (completion) => complete(completion),
    keepCause: async (cause) => causeIdOf(cause),
    recordStrike: () => Promise.reject(new Error('no process dies here')),
  }
  return {
    inbox,
    ledger: {
      load: async (identityId) => onboardings.get(identityId) ?? null,
      commit: async (change) => commit(change),
      keepAttempts: async () => {},
      versions: async (ids) => versionsOf(ids),
      close: async () => {},
    },
    backlog: {
      waiting: async () =>
        [...rows.values()]
          .filter(({ state }) => state === 'accepted')
          .map(({ eventId, occurredAt }) => ({ eventId, at: occurredAt.getTime(), evidence: null })),
      versions: async (ids) => versionsOf(ids),
      readsStatus: isOnboardingEvent,
    },
    readyCount: () => [...onboardings.values()].filter(({ onboarding }) => onboarding.state === 'ready').length,
  }
}
