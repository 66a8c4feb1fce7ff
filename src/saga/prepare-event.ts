import type { InboxRow } from '../inbox/inbox.ts'
import type { Sender } from '../paxos/batch-reader.ts'
import type { ConfirmationReader } from '../paxos/confirmation-reader.ts'
import { type EventEvidence, readEvidence } from '../paxos/events.ts'
import { PaxosNotFoundError } from '../paxos/paxos-errors.ts'
import type { KeyGate } from './key-gate.ts'
import { EventUnknownError, OriginUnknownError } from './saga-errors.ts'
import type { StreamWork } from './stream-work.ts'

/** The events that move one kind of stream, and the work on them. Each new kind of stream has a route of its own. */
export interface EventRoute {
  /** Takes the type that Paxos confirmed, never the type in the delivery. */
  moves(type: string): boolean
  /** @throws AppError for an event that names no stream */
  work(event: EventEvidence, about: { row: InboxRow; reader: ConfirmationReader; priority: 'live' | 'replay' }): StreamWork
}

/** The work on inbox rows that Gatehouse wrote: commands of one kind, or timers of one name. They are born confirmed. */
export interface OwnRoute {
  /** The kind of the command, or the name of the timer. */
  readonly type: string
  /** The row holds only the stream's id. The route loads what it stored under that id. */
  work(about: { row: InboxRow; streamId: string; priority: 'live' | 'replay' }): StreamWork
}

export interface Routes {
  /** One route per kind of stream that Paxos's events move. An event without a route is kept. */
  readonly routes: readonly EventRoute[]
  readonly ownRoutes?: readonly OwnRoute[]
}

/** A confirmed event and its work: none (`kept`), or work on a stream. `event`: as Paxos has it; null for commands and timers. */
export type PreparedEvent =
  | { readonly kind: 'kept'; readonly event: EventEvidence }
  /** `work` throws an AppError for an event that names no stream. */
  | { readonly kind: 'moves'; readonly event: EventEvidence | null; readonly work: () => StreamWork }

/**
 * Confirms an event and routes it. A run and a preview both learn here what an event is, so they cannot disagree. `keys` bounds what unproven
 * events of one webhook key may cost; a preview has none, because an operator asked for it.
 * @throws EventUnknownError, OriginUnknownError, PaxosError
 */
export async function prepareEvent(
  { reader, keys, routes, ownRoutes = [] }: Routes & { reader: ConfirmationReader; keys?: KeyGate | undefined },
  row: InboxRow,
  priority: 'live' | 'replay',
): Promise<PreparedEvent> {
  switch (row.origin) {
    case 'webhook':
    case 'sweep': {
      const event = await confirm({ reader, keys }, row, priority)
      const route = routes.find((each) => each.moves(event.type))
      return route ? { kind: 'moves', event, work: () => route.work(event, { row, reader, priority }) } : { kind: 'kept', event }
    }
    case 'command':
    case 'timer': {
      const { streamId } = row
      const route = ownRoutes.find(({ type }) => type === row.type)
      if (!route || streamId === null) throw new OriginUnknownError(`${row.origin} ${row.type}`)
      return { kind: 'moves', event: null, work: () => route.work({ row, streamId, priority }) }
    }
    default:
      throw new OriginUnknownError(row.origin satisfies never)
  }
}

/** Evidence from a listing was read from the Events API with our own credentials, so no second read is needed. */
async function confirm(
  { reader, keys }: { reader: ConfirmationReader; keys: KeyGate | undefined },
  row: InboxRow,
  priority: 'live' | 'replay',
): Promise<EventEvidence> {
  const evidence = readEvidence(row.evidence)
  if (evidence) return evidence
  try {
    return await reader.event(row.eventId, row.occurredAt.getTime(), { priority, sender: senderOf(row, keys) })
  } catch (error) {
    if (error instanceof PaxosNotFoundError) throw new EventUnknownError(row.eventId)
    throw error
  }
}

/** What a webhook alone has named is read within the quota of its key. What an operator had opened again is read as the operator asked. */
function senderOf({ keySlot, trust, authority }: InboxRow, keys: KeyGate | undefined): Sender | undefined {
  if (!keys || keySlot === null || trust === 'confirmed' || authority === 'operator') return undefined
  return { keySlot, readSingly: (read) => keys.readSingly(keySlot, read) }
}
