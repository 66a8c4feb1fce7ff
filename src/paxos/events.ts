import { z } from 'zod'
import { about, orOdd, PaxosId, pageOf, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString, type TimeFilter, timeFilter } from './transport/request-path.ts'

/**
 * An event as Paxos confirms it. A field that an unknown type or an odd object lacks is `null` or empty, never an error (paxos/api.md 1.6).
 */
export interface PaxosEvent {
  id: string
  /** `identity.approved` and the others of paxos/api.md 2.7. An open set. */
  type: string
  /** RFC 3339 as Paxos wrote it, with nanoseconds: compare and query with this text, since a Date would cut it. */
  createdAt: string
  undeliveredWebhooks: number
  /** Null unless the event is `identity.*`. */
  identityId: string | null
  oldStatus: string | null
  newStatus: string | null
  /** Null unless the event is `transfer.*`. */
  transferId: string | null
  /** An open set of names; empty unless the event asks for documents. */
  requiredDocuments: string[]
  /** For `identity.kyc_refresh.*`, if it names one: the end of the refresh, RFC 3339. */
  nextKycRefreshDate: string | null
}

export interface EventsOfPaxos {
  /**
   * One event by id. Paxos finds a test event only with `isTest` (documented).
   * @throws PAXOS_NOT_FOUND for an unknown id, the id of another customer's event, or a text that cannot be an id
   */
  get(eventId: string, options?: CallOptions & { isTest?: boolean }): Promise<PaxosEvent>
  /** One page, oldest first by default; at most 100 events, 100 by default. */
  list(options: CallOptions & EventsFilter): Promise<EventPage>
}

export interface EventPage {
  events: PaxosEvent[]
  /** Number of rows that could not be read. One odd event must not hide the others. */
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
    // Reads `type`, never `object_type`: Paxos's pages disagree on the names of the latter (paxos/api.md 3.3).
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
      nextKycRefreshDate: textOrNull(about.next_kyc_refresh_date),
    }
  })

const Page = pageOf('events', orOdd(Event)).transform(({ rows, nextCursor }): EventPage => {
  const events = rows.filter((row) => row !== null)
  return { events, oddRows: rows.length - events.length, nextCursor }
})

/** The fields that are kept of a listed event: none names a person. */
const Evidence = z.object({
  type: z.string(),
  createdAt: z.string(),
  identityId: z.string().nullable(),
  /** Missing in evidence that was kept before Gatehouse read transfers. */
  transferId: z.string().nullable().default(null),
  requiredDocuments: z.array(z.string()),
  /** Missing in evidence that was kept before Gatehouse read it. */
  nextKycRefreshDate: z.string().nullable().default(null),
})
export type EventEvidence = z.output<typeof Evidence>

export function evidenceOf({ type, createdAt, identityId, transferId, requiredDocuments, nextKycRefreshDate }: PaxosEvent): EventEvidence {
  return { type, createdAt, identityId, transferId, requiredDocuments, nextKycRefreshDate }
}

/** The evidence as it was kept. Null when there is none, or when an older version kept no transfer id for a transfer event. */
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
