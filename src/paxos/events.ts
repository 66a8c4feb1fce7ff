import { z } from 'zod'
import { about, orOdd, PaxosId, pageOf, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString, type TimeFilter, timeFilter } from './transport/request-path.ts'

/** An event as Paxos confirms it. What an unknown type or an odd object leaves out is `null` or empty, never an error (paxos/api.md 1.6). */
export interface PaxosEvent {
  id: string
  /** `identity.approved` and the others of paxos/api.md 2.7; an open set. */
  type: string
  /** RFC 3339 as Paxos wrote it, with nanoseconds: compare and re-query with this, not with a Date. */
  createdAt: string
  undeliveredWebhooks: number
  /** Only `identity.*` events have one. */
  identityId: string | null
  oldStatus: string | null
  newStatus: string | null
  /** Only `transfer.*` events have one. */
  transferId: string | null
  /** Open strings; empty unless the event asks for documents. */
  requiredDocuments: string[]
}

export interface EventsOfPaxos {
  /**
   * One event by id (documented: a test event is found only with `isTest`).
   * @throws PAXOS_NOT_FOUND for an unknown one, somebody else's, or what cannot be an id.
   */
  get(eventId: string, options?: CallOptions & { isTest?: boolean }): Promise<PaxosEvent>
  /** One page, oldest first unless told; at most 100 events, 100 by default. */
  list(options: CallOptions & EventsFilter): Promise<EventPage>
}

export interface EventPage {
  events: PaxosEvent[]
  /** Rows that cannot be used: one odd event must not hide the others. */
  oddRows: number
  nextCursor: string | null
}

interface EventsFilter {
  createdAt?: TimeFilter
  type?: string
  order?: 'ASC' | 'DESC'
  limit?: number
  cursor?: string | null
  isTest?: boolean
}

const Event = z
  .object({
    id: PaxosId,
    type: z.string().min(1).max(200),
    created_at: RawTime,
    undelivered_webhooks: z.number().nullish(),
    object: z.unknown().optional(),
  })
  .transform(({ id, type, created_at, undelivered_webhooks, object }): PaxosEvent => {
    // By `type`, never by `object_type`, whose names differ between Paxos's own pages (paxos/api.md 3.3).
    const about = type.startsWith('identity.') && isRecord(object) ? object : {}
    return {
      id,
      type,
      createdAt: created_at,
      undeliveredWebhooks: undelivered_webhooks ?? 0,
      identityId: textOrNull(about.identity_id),
      transferId: type.startsWith('transfer.') && isRecord(object) ? textOrNull(object.id) : null,
      oldStatus: textOrNull(about.old_summary_status ?? about.old_status),
      newStatus: textOrNull(about.new_summary_status ?? about.new_status),
      requiredDocuments: Array.isArray(about.required_documents) ? about.required_documents.filter(isText) : [],
    }
  })

const Page = pageOf('events', orOdd(Event)).transform(({ rows, nextCursor }): EventPage => {
  const events = rows.filter((row) => row !== null)
  return { events, oddRows: rows.length - events.length, nextCursor }
})

/** What is kept of an event that a listing showed: nothing that names a person. */
const Evidence = z.object({
  type: z.string(),
  createdAt: z.string(),
  identityId: z.string().nullable(),
  /** Not there in what was kept before transfers were read. */
  transferId: z.string().nullable().default(null),
  requiredDocuments: z.array(z.string()),
})
export type EventEvidence = z.output<typeof Evidence>

export function evidenceOf({ type, createdAt, identityId, transferId, requiredDocuments }: PaxosEvent): EventEvidence {
  return { type, createdAt, identityId, transferId, requiredDocuments }
}

/** The evidence as it was kept; null where there is none, and where an older version left out which transfer the event is about. */
export function readEvidence(kept: unknown): EventEvidence | null {
  const evidence = kept === null ? null : (Evidence.safeParse(kept).data ?? null)
  return evidence?.type.startsWith('transfer.') && evidence.transferId === null ? null : evidence
}

export function eventsOfPaxos(call: PaxosCall): EventsOfPaxos {
  return {
    async get(eventId, { isTest, ...options } = {}) {
      const operation = 'events.get'
      const path = `/events/${idSegment(eventId, operation)}${isTest ? '?is_test=true' : ''}`
      return about(eventId, await call({ operation, path, schema: Event, unknownIdIs400: true }, options), operation)
    },
    list({ createdAt, type, order, limit, cursor, isTest, ...options }) {
      const query = queryString({ ...timeFilter('created_at', createdAt), type, order, limit, page_cursor: cursor, is_test: isTest })
      return call({ operation: 'events.list', path: `/events${query}`, mark: 'events', schema: Page }, options)
    },
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const textOrNull = (value: unknown): string | null => (isText(value) ? value : null)
