import type { ListedPage, Wanted } from './batch-reader.ts'
import type { EventEvidence, PaxosEvent } from './events.ts'
import type { PreparedEvents } from './prepared-events.ts'
import type { StatusCollector } from './status-collector.ts'
import { walkWanted } from './walk-wanted.ts'

/** The parts of an unfinished inbox event that a pass needs. */
export interface WaitingEvent {
  eventId: string
  /** When it happened according to its delivery, milliseconds since 1970. */
  at: number
  /** What an earlier listing showed of it; null: nothing. */
  evidence: EventEvidence | null
}

/** Parts of the time that are walked in parallel, so that a pass takes 1 s if the limits permit. */
const WALKS_AT_ONCE = 8
const PAGES_AT_LEAST = 3

export interface WaitingReadOptions {
  /** Where the events are kept. */
  prepared: PreparedEvents
  /** Takes the events in the order of their time. */
  statuses: StatusCollector
  listEvents(fromMs: number, cursor: string | null): Promise<ListedPage<PaxosEvent>>
  /** Called for each event that a page brought. */
  onKept(eventId: string): void
  /** When the pass began, milliseconds since 1970: what Paxos does not list was absent at that time. */
  beganAt: number
}

/** The events that the pages brought, and those that Paxos does not list. */
export interface WaitingRead {
  found: readonly string[]
  missing: readonly string[]
}

/**
 * Reads these events, walking over List Events in parts of their time. Events whose evidence an earlier listing left, or that an earlier pass
 * kept, are not read again.
 */
export async function readWaitingEvents(waiting: readonly WaitingEvent[], options: WaitingReadOptions): Promise<WaitingRead> {
  const { prepared, statuses, beganAt } = options
  for (const { eventId, evidence } of waiting)
    if (evidence) prepared.keep(eventId, { id: eventId, ...evidence, undeliveredWebhooks: 0, oldStatus: null, newStatus: null })
  const known = statuses.part()
  const unknown: Wanted[] = []
  for (const { eventId, at } of [...waiting].sort((one, other) => one.at - other.at)) {
    const event = prepared.event(eventId)
    if (event) known.add(eventId, event)
    else unknown.push({ id: eventId, at })
  }
  known.end()
  if (unknown.length === 0) return { found: [], missing: [] }
  const walks = await Promise.all(partsOf(unknown).map((part) => walk(part, options)))
  const missing = walks.flatMap(({ absent }) => [...absent])
  prepared.markAbsent(missing, beganAt)
  return { found: walks.flatMap(({ found }) => [...found.keys()]), missing }
}

async function walk(wanted: readonly Wanted[], { prepared, listEvents, onKept, ...options }: WaitingReadOptions) {
  const ids = new Set(wanted.map(({ id }) => id))
  const statuses = options.statuses.part()
  const walked = await walkWanted<PaxosEvent>(wanted, {
    listFrom: listEvents,
    lagMs: 1,
    pagesAtLeast: PAGES_AT_LEAST,
    onPage: ({ values }) => {
      for (const { id, value } of values) {
        const eventId = id.toLowerCase()
        prepared.keep(eventId, value) // the next pass may need events that this one did not ask for
        if (ids.has(eventId)) statuses.add(eventId, value)
        onKept(eventId)
      }
    },
  })
  statuses.end()
  return walked
}

/** Cuts the events, in the order of time, into as many parts as are walked at once. */
function partsOf(inOrder: readonly Wanted[]): Wanted[][] {
  const size = Math.ceil(inOrder.length / WALKS_AT_ONCE)
  return Array.from({ length: WALKS_AT_ONCE }, (_, part) => inOrder.slice(part * size, (part + 1) * size)).filter(
    ({ length }) => length > 0,
  )
}
