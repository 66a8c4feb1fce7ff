import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { knownEvents } from '../inbox/known-events.ts'
import { type EventPage, evidenceOf, type PaxosEvent } from '../paxos/events.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { walkPages } from '../paxos/transport/walk-pages.ts'
import { canonicalId } from '../platform/opaque-id.ts'

/** From `fromAt` (inclusive) to `toAt` (exclusive). */
export interface TimeWindow {
  fromAt: Date
  toAt: Date
}

export interface WindowParts {
  pool: Pool
  inbox: Pick<Inbox, 'accept' | 'prove'>
  paxos: Pick<PaxosClient, 'events'>
}

/** Why an ended listing may be incomplete. */
export type Doubt =
  | { code: 'PAGE_SHORT'; pages: number }
  | { code: 'EVENT_REPEATED'; events: number }
  | { code: 'EVENT_OUTSIDE_WINDOW'; events: number }
  | { code: 'ROW_UNUSABLE'; rows: number }

export interface WindowReading {
  /** The distinct events that Paxos listed, by id. */
  eventIds: ReadonlySet<string>
  /** Those of them that the inbox lacked. */
  recovered: number
  /** Events that were parked as unknown to Paxos and that it lists after all. */
  reopened: number
  /** Unreadable rows of the listing. */
  setAside: number
  doubts: readonly Doubt[]
}

/** Younger events may still be in transit by webhook, or not listed yet (assumed). Milliseconds. */
export const LISTING_LAG_MS = 30_000
const PAGE = 100
/** Two million events. A longer listing is broken, or follows an outage of months that needs a person. */
const MOST_PAGES = 20_000
/** The form of an event id that the receiver accepts. */
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Reads List Events over a window to its end. Adds each event that the inbox lacks, and reopens events that were parked as unknown.
 * `onPage` runs before each page is stored: it renews the caller's claim.
 * @throws PAXOS_ANSWER_MALFORMED when the listing has no end (walkPages)
 */
export async function readWindow(
  { pool, inbox, paxos }: WindowParts,
  { fromAt, toAt }: TimeWindow,
  onPage: (progress: { pages: number; listed: number }) => Promise<void>,
): Promise<WindowReading> {
  const createdAt = { gte: fromAt.toISOString(), lt: toAt.toISOString() }
  const readPage = (cursor: string | null) => paxos.events.list({ createdAt, order: 'ASC', limit: PAGE, cursor })
  const eventIds = new Set<string>()
  const sums = { recovered: 0, reopened: 0, setAside: 0 }
  const odd = { short: 0, repeated: 0, outside: 0 }
  let pages = 0
  for await (const page of walkPages(readPage, { operation: 'events.list', mostPages: MOST_PAGES })) {
    pages += 1
    await onPage({ pages, listed: eventIds.size })
    const usable = page.events.filter(({ id }) => EVENT_ID.test(id))
    const fresh = usable.filter(({ id }) => !eventIds.has(canonicalId(id)))
    for (const { id } of fresh) eventIds.add(canonicalId(id))
    sums.setAside += page.oddRows + page.events.length - usable.length
    odd.short += isShort(page) ? 1 : 0
    odd.repeated += usable.length - fresh.length
    odd.outside += fresh.filter((event) => !isWithin(event, { fromAt, toAt })).length
    const { recovered, reopened } = await takeIn({ pool, inbox }, fresh)
    sums.recovered += recovered
    sums.reopened += reopened
  }
  return { eventIds, ...sums, doubts: doubtsOf(odd, sums.setAside) }
}

/** SHA-256 over the sorted ids, one to a line. Any holder of the list can recompute it. */
export function digestOf(eventIds: ReadonlySet<string>): Buffer {
  return createHash('sha256')
    .update([...eventIds].toSorted().join('\n'))
    .digest()
}

async function takeIn({ pool, inbox }: Omit<WindowParts, 'paxos'>, fresh: readonly PaxosEvent[]) {
  const known = await knownEvents(
    pool,
    fresh.map(({ id }) => canonicalId(id)),
  )
  const missing = fresh.filter(({ id }) => !known.has(canonicalId(id)))
  const statuses = await Promise.all(missing.map((event) => inbox.accept(asReceived(event))))
  // Also for events received before: a listing by Paxos proves an event, so it must not stay parked as unknown.
  const { reopened } = await inbox.prove(fresh.map((event) => ({ eventId: canonicalId(event.id), evidence: evidenceOf(event) })))
  // If a webhook was faster, the event is a duplicate and does not count as recovered.
  return { recovered: statuses.filter((status) => status === 'accepted').length, reopened }
}

/** Whether a page has fewer rows than requested although more pages follow: rows may be missing (A47, A48). */
function isShort({ events, oddRows, nextCursor }: EventPage): boolean {
  return nextCursor !== null && events.length + oddRows < PAGE
}

function isWithin({ createdAt }: PaxosEvent, { fromAt, toAt }: TimeWindow): boolean {
  const at = Date.parse(createdAt)
  return at >= fromAt.getTime() && at < toAt.getTime()
}

function doubtsOf({ short, repeated, outside }: { short: number; repeated: number; outside: number }, setAside: number): Doubt[] {
  return [
    ...(short > 0 ? [{ code: 'PAGE_SHORT' as const, pages: short }] : []),
    ...(repeated > 0 ? [{ code: 'EVENT_REPEATED' as const, events: repeated }] : []),
    ...(outside > 0 ? [{ code: 'EVENT_OUTSIDE_WINDOW' as const, events: outside }] : []),
    ...(setAside > 0 ? [{ code: 'ROW_UNUSABLE' as const, rows: setAside }] : []),
  ]
}

function asReceived({ id, type, createdAt }: PaxosEvent) {
  return { eventId: canonicalId(id), type, occurredAt: new Date(createdAt), isTest: false, origin: 'sweep', bodySha256: null } as const
}
