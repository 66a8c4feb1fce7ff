import type { Inbox, InboxRow } from '../../src/inbox/inbox.ts'
import type { Change, Ledger, Stored } from '../../src/ledger/ledger.ts'
import type { ApprovedEvent } from './upstream.ts'

/** The inbox and the ledger in memory, as far as the work on events uses them, for a simulated clock that cannot wait for a real Postgres. */
export function createMemoryStores(events: readonly ApprovedEvent[]): { inbox: Inbox; ledger: Ledger; readyCount(): number } {
  const rows = new Map(events.map((event, index) => [String(index + 1), newRow(event, String(index + 1))]))
  const onboardings = new Map<string, Stored>()

  const settle = (settlement: Parameters<Inbox['settle']>[0]): boolean => {
    const row = rows.get(settlement.seq)
    if (row?.state !== 'accepted') return false
    const { state, attempts = row.attempts, unknownOutcomes = row.unknownOutcomes, outcome = row.outcome, dueAt = row.dueAt } = settlement
    Object.assign(row, { state, attempts, unknownOutcomes, outcome, dueAt })
    return true
  }
  /** On the version that was decided on, with the end of its event, or not at all. */
  const commit = ({ before, draft, at, settlement }: Change): Stored | null => {
    const { identityId } = draft.onboarding
    const stored = onboardings.get(identityId)
    if ((stored?.version ?? 0) !== (before?.version ?? 0)) return null
    const effects = draft.effects.map((effect) => (effect.intendedAt === null ? { ...effect, intendedAt: at.getTime() } : effect))
    const entryCount = (stored?.entryCount ?? 0) + draft.entries.length
    const next = { onboarding: draft.onboarding, effects, version: (before?.version ?? 0) + 1, entryCount, headHash: Buffer.alloc(0) }
    onboardings.set(identityId, next)
    if (settlement) settle({ seq: settlement.seq, state: 'processed', outcome: settlement.outcome })
    return next
  }
  const inbox: Partial<Inbox> = { load: async (seq) => ({ ...rows.get(seq)! }), settle: async (settlement) => settle(settlement) }
  return {
    inbox: inbox as Inbox, // the rest belongs to receiver and dispatcher
    ledger: {
      load: async (identityId) => onboardings.get(identityId) ?? null,
      commit: async (change) => commit(change),
      close: async () => {},
    },
    readyCount: () => [...onboardings.values()].filter(({ onboarding }) => onboarding.state === 'ready').length,
  }
}

function newRow({ id, at }: ApprovedEvent, seq: string): InboxRow {
  const occurredAt = new Date(at)
  return {
    seq,
    eventId: id,
    type: 'identity.approved',
    occurredAt,
    isTest: false,
    origin: 'webhook',
    bodySha256: null,
    receivedAt: occurredAt,
    deliveryCount: 1,
    trust: 'hint',
    state: 'accepted',
    outcome: null,
    identityId: null,
    attempts: 0,
    unknownOutcomes: 0,
    strikes: 0,
    generation: 0,
    authority: 'machine',
    dueAt: occurredAt,
    errorCode: null,
    errorDetail: null,
    settledAt: null,
    batch: null,
  }
}
