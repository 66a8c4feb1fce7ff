import { isOnboardingEvent } from '../domain/onboarding/onboarding.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Backlog } from '../paxos/backlog-pass.ts'
import { readEvidence } from '../paxos/events.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { EventQueue } from '../queue/event-queue.ts'

export interface BacklogParts {
  inbox: Pick<Inbox, 'waiting' | 'splitFromBatches'>
  ledger: Pick<Ledger, 'versions'>
  queue: Pick<EventQueue, 'addFirst'>
  logger: Logger
}

/** Most events promoted at once: each becomes a job of its own. */
const MOST_PROMOTED = 1_000

/**
 * The inbox's backlog for the passes of the confirmation reader. When Paxos lists few of the waiting events, the listed ones go to the
 * front of the queue: a flood of forged events must not delay them (F50).
 */
export function backlogOf({ inbox, ledger, queue, logger }: BacklogParts): Backlog {
  const promoted = new Set<string>()
  const promote = async (eventIds: readonly string[]): Promise<void> => {
    const fresh = eventIds.filter((id) => !promoted.has(id)).slice(0, MOST_PROMOTED)
    if (fresh.length === 0) return
    if (promoted.size > 10 * MOST_PROMOTED) promoted.clear()
    for (const id of fresh) promoted.add(id)
    await queue.addFirst(await inbox.splitFromBatches(fresh))
  }
  return {
    waiting: async (limit) =>
      (await inbox.waiting(limit)).map(({ eventId, occurredAt, evidence }) => ({
        eventId,
        at: occurredAt.getTime(),
        evidence: readEvidence(evidence),
      })),
    versions: (identityIds) => ledger.versions(identityIds),
    readsStatus: isOnboardingEvent,
    onMostlyAbsent: (found, absent) => {
      logger.warn({ unknown: absent, listed: found.length }, 'most waiting events are unknown to Paxos; events that Paxos lists go first')
      promote(found).catch((error) => logger.warn({ reason: errorMessage(error) }, 'events could not be moved to the front of the queue'))
    },
  }
}
