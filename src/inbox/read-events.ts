import type { Pool } from 'pg'
import type { InboxEvent, Prisma } from '../generated/prisma/client.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import type { PrismaClient } from '../platform/prisma.ts'
import { uuidRange } from '../platform/uuid-range.ts'
import { countEvents, type EventCounts, type EventState } from './load-events.ts'

/** An event as operators read it. */
export interface EventRecord {
  readonly eventId: string
  readonly type: string
  readonly state: EventState
  readonly identityId: string | null
  /** When it happened, as the sender says. */
  readonly occurredAt: Date
  readonly receivedAt: Date
  readonly deliveryCount: number
  readonly isTest: boolean
  readonly origin: 'webhook' | 'sweep'
  /** `confirmed` once it was read back from the Events API. */
  readonly trust: 'hint' | 'confirmed'
  readonly outcome: string | null
  readonly attempts: number
  readonly strikes: number
  /** How often it was replayed. */
  readonly generation: number
  readonly dueAt: Date
  readonly errorCode: string | null
  readonly errorDetail: string | null
  readonly settledAt: Date | null
  /** Of the body's bytes as received, hexadecimal; null for what the sweep found. */
  readonly bodySha256: string | null
}

export interface EventQuery {
  state?: EventState | undefined
  type?: string | undefined
  identityId?: string | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before. */
  to?: Date | undefined
  cursor?: string | undefined
  limit: number
}

/** Everything that operators read from the inbox. Rejects when Postgres does not answer. */
export interface EventReads {
  /** Last received first. @throws UsageError for a foreign cursor */
  list(query: EventQuery): Promise<Page<EventRecord>>
  find(eventId: string): Promise<EventRecord | null>
  /** The latest events of an identity, oldest first. */
  ofIdentity(identityId: string): Promise<EventRecord[]>
  /** What is unfinished or waits for a person, of any of these identities. */
  openOf(identityIds: readonly string[]): Promise<EventRecord[]>
  /** Identities with an event whose id begins so. */
  identitiesByEvent(eventIdPrefix: string): Promise<string[]>
  count(): Promise<EventCounts>
  pulse(): Promise<{ oldestUnfinishedAt: Date | null; lastWebhookAt: Date | null }>
}

/** Of one identity's events; a story with more is read through the list of events. */
const MOST_OF_ONE_IDENTITY = 500
const MOST_FOUND_BY_PREFIX = 100

export function readEvents({ prisma, pool }: { prisma: PrismaClient; pool: Pool }): EventReads {
  return {
    list: (query) => listEvents(prisma, query),
    find: async (eventId) => {
      const row = await prisma.inboxEvent.findUnique({ where: { eventId } })
      return row && toRecord(row)
    },
    ofIdentity: async (identityId) => {
      const rows = await prisma.inboxEvent.findMany({ where: { identityId }, orderBy: { seq: 'desc' }, take: MOST_OF_ONE_IDENTITY })
      return rows.reverse().map(toRecord)
    },
    openOf: async (identityIds) => {
      const where = { identityId: { in: [...identityIds] }, state: { in: ['accepted', 'parked', 'dead'] } }
      return (await prisma.inboxEvent.findMany({ where, orderBy: { seq: 'asc' } })).map(toRecord)
    },
    identitiesByEvent: async (prefix) => {
      const range = uuidRange(prefix)
      if (!range) return []
      const where = { eventId: range, identityId: { not: null } }
      const rows = await prisma.inboxEvent.findMany({ where, select: { identityId: true }, take: MOST_FOUND_BY_PREFIX })
      return rows.flatMap(({ identityId }) => identityId ?? [])
    },
    count: () => countEvents(pool),
    pulse: async () => {
      const [oldest, lastWebhook] = await Promise.all([
        prisma.inboxEvent.aggregate({ where: { state: 'accepted' }, _min: { receivedAt: true } }),
        prisma.inboxEvent.findFirst({ where: { origin: 'webhook' }, orderBy: { seq: 'desc' }, select: { receivedAt: true } }),
      ])
      return { oldestUnfinishedAt: oldest._min.receivedAt, lastWebhookAt: lastWebhook?.receivedAt ?? null }
    },
  }
}

async function listEvents(
  prisma: PrismaClient,
  { state, type, identityId, from, to, cursor, limit }: EventQuery,
): Promise<Page<EventRecord>> {
  const where: Prisma.InboxEventWhereInput = {
    ...(state ? { state } : {}),
    ...(type ? { type } : {}),
    ...(identityId ? { identityId } : {}),
    ...(from || to ? { receivedAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } } : {}),
    ...(cursor ? { seq: { lt: BigInt(decodeCursor(cursor, [/^\d{1,18}$/])[0] ?? 0) } } : {}),
  }
  const rows = await prisma.inboxEvent.findMany({ where, orderBy: { seq: 'desc' }, take: limit + 1 })
  return cutPage(rows, { limit, view: toRecord, key: (row) => [String(row.seq)] })
}

function toRecord(row: InboxEvent): EventRecord {
  const { eventId, type, identityId, occurredAt, receivedAt, deliveryCount, isTest, outcome, attempts, strikes, generation } = row
  return {
    eventId,
    type,
    // The columns' CHECK constraints keep these to their unions.
    state: row.state as EventState,
    identityId,
    occurredAt,
    receivedAt,
    deliveryCount,
    isTest,
    origin: row.origin as EventRecord['origin'],
    trust: row.trust as EventRecord['trust'],
    outcome,
    attempts,
    strikes,
    generation,
    dueAt: row.dueAt,
    errorCode: row.errorCode,
    errorDetail: row.errorDetail,
    settledAt: row.settledAt,
    bodySha256: row.bodySha256 && Buffer.from(row.bodySha256).toString('hex'),
  }
}
