import type { Estimate, PlannedEffect } from '../effects/effect-kind.ts'
import type { InboxRow } from '../inbox/inbox.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import { prepareEvent, type Routes } from './prepare-event.ts'
import { EventUnknownError, EventWithoutIdentityError, StatusNotSettledError } from './saga-errors.ts'

export type { PlannedEffect } from '../effects/effect-kind.ts'

export interface PreviewParts extends Routes {
  reader: ConfirmationReader
  /** Milliseconds since 1970. */
  now: () => number
  /**
   * Whether to look at Paxos for an account that was never requested, one call per customer. Without it a large plan makes no such call.
   * The plan then says that an account is opened, where a run would find and adopt one.
   */
  thorough: boolean
}

export interface Preview extends Estimate {
  /** The identity of the event; null: none, or unknown. */
  identityId: string | null
}

const NOTHING: { effects: PlannedEffect[]; identityId: null } = { effects: [], identityId: null }

/**
 * The dry run of an event: prepares and decides as a run does, and writes nothing. Rejects with the PaxosError when Paxos cannot be read,
 * and with BUDGET_EXHAUSTED when the budget has no room.
 */
export async function previewEvent(parts: PreviewParts, row: InboxRow, { releaseHolds }: { releaseHolds: boolean }): Promise<Preview> {
  try {
    const prepared = await prepareEvent(parts, row, 'replay')
    if (prepared.kind === 'kept') return { verdict: 'no-op', detail: `${prepared.event.type} moves no onboarding`, ...NOTHING }
    const work = prepared.work()
    const estimate = await work.preview({
      seq: row.seq,
      generation: row.generation + 1, // as a replay opens it
      actor: `event:${row.eventId}`,
      attempts: 0,
      authority: releaseHolds ? 'operator' : 'machine',
      replayed: true,
      now: parts.now,
      thorough: parts.thorough,
      failure: row.errorCode === null ? null : { code: row.errorCode, status: row.causeStatus, unknownOutcomes: row.unknownOutcomes },
    })
    return { ...estimate, identityId: work.identityId }
  } catch (error) {
    if (error instanceof EventUnknownError) return { verdict: 'would-park', detail: 'Paxos still does not know this event', ...NOTHING }
    if (error instanceof EventWithoutIdentityError) return { verdict: 'would-park', detail: error.message, ...NOTHING }
    if (error instanceof StatusNotSettledError) return { verdict: 'would-wait', detail: error.message, ...NOTHING }
    throw error
  }
}
