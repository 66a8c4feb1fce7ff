import type { Estimate } from '../effects/effect-kind.ts'
import type { InboxRow } from '../inbox/inbox.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import { prepareEvent, type Routes } from './prepare-event.ts'
import { EventUnknownError, EventWithoutIdentityError, StatusNotSettledError } from './saga-errors.ts'

export interface PreviewParts extends Routes {
  reader: ConfirmationReader
  now: () => number
}

/**
 * The dry run of an event: prepares it as a run does, decides what a run would decide, and writes nothing. Rejects with the PaxosError when
 * Paxos cannot be read.
 */
export async function previewEvent(parts: PreviewParts, row: InboxRow, { releaseHolds }: { releaseHolds: boolean }): Promise<Estimate> {
  try {
    const prepared = await prepareEvent(parts, row, 'replay')
    if (prepared.kind === 'kept') return { verdict: 'no-op', detail: `${prepared.event.type} moves no onboarding` }
    return await prepared.work().preview({
      seq: row.seq,
      generation: row.generation + 1, // as a replay opens it
      actor: `event:${row.eventId}`,
      attempts: 0,
      authority: releaseHolds ? 'operator' : 'machine',
      replayed: true,
      now: parts.now,
    })
  } catch (error) {
    if (error instanceof EventUnknownError) return { verdict: 'would-park', detail: 'Paxos still does not know this event' }
    if (error instanceof EventWithoutIdentityError) return { verdict: 'would-park', detail: error.message }
    if (error instanceof StatusNotSettledError) return { verdict: 'would-wait', detail: error.message }
    throw error
  }
}
