import type { Pool } from 'pg'
import type { EventOrigin, EventState } from '../domain/event-state.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { prefixPatterns } from '../platform/opaque-id.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'
import { countEvents, type EventCounts } from './load-events.ts'
import { readOldestUnfinished } from './oldest-unfinished.ts'
import { identitiesFailingWith } from './open-causes.ts'
import { type RecentFlow, readRecentFlow } from './recent-flow.ts'
import { seqWindow } from './seq-window.ts'

/** An event as operators read it. */
export interface EventRecord {
  readonly eventId: string
  readonly type: string
  readonly state: EventState
  readonly identityId: string | null
  /** When it happened, according to the sender. */
  readonly occurredAt: Date
  readonly receivedAt: Date
  readonly deliveryCount: number
  readonly isTest: boolean
  readonly origin: EventOrigin
  /** `confirmed` once it was read back from the Events API. */
  readonly trust: 'hint' | 'confirmed'
  readonly outcome: string | null
  readonly attempts: number
  readonly strikes: number
  /** Number of replays. */
  readonly generation: number
  readonly dueAt: Date
  readonly errorCode: string | null
  readonly errorDetail: string | null
  readonly completedAt: Date | null
  /** SHA-256 of the received body, hexadecimal; null for an event that the sweep found. */
  readonly bodySha256: string | null
  /** The webhook key of the delivery: authenticator and fingerprint, never the key. Null: no webhook brought it. */
  readonly keySlot: string | null
  /** The stream of a command or a timer: an order, a deposit, a request. Null for events of Paxos. */
  readonly streamId: string | null
}

export interface EventQuery {
  state?: EventState | undefined
  type?: string | undefined
  identityId?: string | undefined
  /** Open events with one of these causes (`failure_cause`). */
  causeIds?: readonly string[] | undefined
  /** The last error. */
  errorCode?: string | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before. */
  to?: Date | undefined
  cursor?: string | undefined
  limit: number
}

/** Operators' reads of the inbox. Rejects when Postgres does not answer. */
export interface EventReads {
  /** The last received first. @throws UsageError for a foreign cursor */
  list(query: EventQuery): Promise<Page<EventRecord>>
  find(eventId: string): Promise<EventRecord | null>
  /** The latest events of an identity, oldest first. */
  ofIdentity(identityId: string): Promise<EventRecord[]>
  /** Unfinished events, and events that wait for a person, of these identities: the oldest if there are very many. */
  openOf(identityIds: readonly string[]): Promise<EventRecord[]>
  /** Identities with an event of this id prefix, at most 100. */
  identitiesByEvent(eventIdPrefix: string): Promise<string[]>
  count(): Promise<EventCounts>
  /** Number of unfinished events that were due more than `seconds` ago and that no worker has taken. */
  countOverdue(seconds: number): Promise<number>
  /** Number of events received at least 15 s ago that are not confirmed, so their customer is unknown; 1,000 at most. */
  countUnread(): Promise<number>
  /** Identities of open events with this last error; some of them if there are very many. */
  failingWith(errorCode: string): Promise<string[]>
  recentFlow(since: Date): Promise<RecentFlow>
  pulse(): Promise<{ oldestUnfinishedAt: Date | null; lastWebhookAt: Date | null }>
}

/** What operators see of an event. The keys of a page are of the sequence number. */
const SHOWN = {
  seq: true,
  eventId: true,
  type: true,
  state: true,
  identityId: true,
  occurredAt: true,
  receivedAt: true,
  deliveryCount: true,
  isTest: true,
  origin: true,
  trust: true,
  outcome: true,
  attempts: true,
  strikes: true,
  generation: true,
  dueAt: true,
  errorCode: true,
  errorDetail: true,
  completedAt: true,
  bodySha256: true,
  keySlot: true,
  streamId: true,
} as const satisfies Record<keyof EventRecord | 'seq', true>

type EventRow = Prisma.InboxEventGetPayload<{ select: typeof SHOWN }>

/** Most events of one identity. A longer story is read through the list of events. */
const MOST_OF_ONE_IDENTITY = 500
const MOST_OPEN = 1_000
const BY_PREFIX = 'SELECT identity_id FROM inbox_event WHERE identity_id IS NOT NULL AND event_id LIKE $1 ORDER BY event_id LIMIT 100'

/** The reads of events, through Prisma where the list of columns is long and in SQL where the plan matters. */
export function readEvents({ prisma, pool }: { prisma: PrismaClient; pool: Pool }): EventReads {
  return {
    list: (query) => listEvents({ prisma, pool }, query),
    find: async (eventId) => {
      const row = await prisma.inboxEvent.findUnique({ where: { eventId }, select: SHOWN })
      return row && toRecord(row)
    },
    ofIdentity: async (identityId) => {
      const rows = await prisma.inboxEvent.findMany({
        where: { identityId },
        orderBy: { seq: 'desc' },
        take: MOST_OF_ONE_IDENTITY,
        select: SHOWN,
      })
      return rows.reverse().map(toRecord)
    },
    openOf: async (identityIds) => {
      const where = { identityId: { in: [...identityIds] }, state: { in: ['accepted', 'parked', 'dead'] } }
      return (await prisma.inboxEvent.findMany({ where, orderBy: { seq: 'asc' }, take: MOST_OPEN, select: SHOWN })).map(toRecord)
    },
    identitiesByEvent: async (prefix) => {
      const found = await Promise.all(prefixPatterns(prefix).map((pattern) => pool.query<{ identity_id: string }>(BY_PREFIX, [pattern])))
      return [...new Set(found.flatMap(({ rows }) => rows.map(({ identity_id }) => identity_id)))]
    },
    count: () => countEvents(pool),
    countOverdue: async (seconds) => {
      const { rows } = await pool.query<{ overdue: number }>(
        `SELECT count(*)::int AS overdue FROM inbox_event WHERE state = 'accepted' AND due_at < now() - make_interval(secs => $1)`,
        [seconds],
      )
      return rows[0]!.overdue
    },
    countUnread: async () => {
      const { rows } = await pool.query<{ unread: number }>(
        `SELECT count(*)::int AS unread FROM (SELECT 1 FROM inbox_event
         WHERE state >= 'accepted' AND state <= 'accepted' AND trust = 'hint' AND received_at < now() - interval '15 seconds' LIMIT 1000) AS hints`,
      )
      return rows[0]!.unread
    },
    failingWith: (errorCode) => identitiesFailingWith(pool, errorCode),
    recentFlow: (since) => readRecentFlow(pool, since),
    pulse: async () => {
      const [oldestUnfinishedAt, lastWebhook] = await Promise.all([
        readOldestUnfinished(pool),
        prisma.inboxEvent.findFirst({ where: { origin: 'webhook' }, orderBy: { seq: 'desc' }, select: { receivedAt: true } }),
      ])
      return { oldestUnfinishedAt, lastWebhookAt: lastWebhook?.receivedAt ?? null }
    },
  }
}

async function listEvents(
  { prisma, pool }: { prisma: PrismaClient; pool: Pool },
  { state, type, identityId, causeIds, errorCode, from, to, cursor, limit }: EventQuery,
): Promise<Page<EventRecord>> {
  const before = cursor ? BigInt(decodeCursor(cursor, [/^\d{1,18}$/])[0] ?? 0) : undefined
  const { gte, lt } = await seqWindow(pool, { from, to })
  const bounds: Prisma.InboxEventWhereInput[] = [
    ...(before === undefined ? [] : [{ seq: { lt: before } }]),
    ...(gte === undefined ? [] : [{ seq: { gte } }]),
    ...(lt === undefined ? [] : [{ seq: { lt } }]),
    // The condition of the partial index by cause.
    ...(causeIds === undefined ? [] : [{ causeId: { in: [...causeIds] }, state: { in: ['accepted', 'parked', 'dead'] } }]),
  ]
  const { where, orderBy } = state === undefined || state === 'processed' ? inOrder(state, 'desc') : openInOrder(state, 'desc')
  const rows = await prisma.inboxEvent.findMany({
    where: {
      ...where,
      ...(type ? { type } : {}),
      ...(errorCode ? { errorCode } : {}),
      ...(identityId ? { identityId } : {}),
      ...(from || to ? { receivedAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } } : {}),
      AND: bounds,
    },
    orderBy,
    take: limit + 1,
    select: SHOWN,
  })
  return cutPage(rows, { limit, view: toRecord, key: (row) => [String(row.seq)] })
}

interface Ordered {
  where: Prisma.InboxEventWhereInput
  orderBy: Prisma.InboxEventOrderByWithRelationInput[]
}

function inOrder(state: EventState | undefined, direction: 'asc' | 'desc'): Ordered {
  return { where: state ? { state } : {}, orderBy: [{ seq: direction }] }
}

/**
 * Events of an unfinished state in the order of receiving, through the index of open events (inbox_event_open_idx). The state is written as
 * a range. With an equality the planner takes the primary key for the order and may walk all events ever received: after a backlog its
 * statistics promise many matches that are gone.
 */
function openInOrder(state: Exclude<EventState, 'processed'>, direction: 'asc' | 'desc'): Ordered {
  return { where: { state: { gte: state, lte: state } }, orderBy: [{ state: direction }, { seq: direction }] }
}

function toRecord({ seq, ...row }: EventRow): EventRecord {
  return {
    ...row,
    // The columns' CHECK constraints restrict these to their unions.
    state: row.state as EventState,
    origin: row.origin as EventRecord['origin'],
    trust: row.trust as EventRecord['trust'],
    bodySha256: row.bodySha256 && Buffer.from(row.bodySha256).toString('hex'),
  }
}
