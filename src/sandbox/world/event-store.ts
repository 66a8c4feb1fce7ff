import { type PageRequest, page } from '../api/page.ts'
import type { TimeRange } from '../api/time-range.ts'
import type { StoryLog } from '../control/story-log.ts'
import { type NanoClock, toRfc3339 } from './nano-clock.ts'
import type { SeededRandom } from './seeded-random.ts'

/** An emitted event. Only the count of webhooks that still miss it changes. */
export interface StoredEvent {
  readonly id: string
  readonly type: string
  readonly objectType: string
  readonly object: Readonly<Record<string, unknown>>
  readonly identityId: string | null
  readonly isTest: boolean
  readonly createdAtNs: bigint
  /** `createdAtNs` in RFC 3339 with nine digits of the second, written once because it is read often. */
  readonly createdAt: string
  undeliveredWebhooks: number
}

/**
 * The `object_type` of each family of event types (paxos/api.md 2.7). Readers should branch on `type`: Paxos's pages disagree on
 * `object_type`.
 */
const OBJECT_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^identity\.(approved|denied|disabled)$/, 'identity_summary_status_change'],
  [/^identity\.documents_required$/, 'identity_documents_required'],
  [/^identity\.kyc_refresh\./, 'identity_kyc_refresh'],
  [/^identity\.control\./, 'identity_control'],
  [/^orchestration\./, 'orchestration_status_change'],
  [/^transfer\./, 'transfer_status_change'],
]

/** All events, in the order of their creation and by type, so that every list is a binary search. */
export class EventStore {
  #random: SeededRandom
  #clock: NanoClock
  #story: StoryLog
  #deliver: (event: StoredEvent) => void
  #byId = new Map<string, StoredEvent>()
  #lists = new Map<string, StoredEvent[]>()
  #countBySubject = new Map<string, number>()

  constructor(options: { random: SeededRandom; clock: NanoClock; story: StoryLog; deliver: (event: StoredEvent) => void }) {
    this.#random = options.random
    this.#clock = options.clock
    this.#story = options.story
    this.#deliver = options.deliver
  }

  /** Real events, in the order of their creation. */
  get all(): readonly StoredEvent[] {
    return this.#lists.get(listKey(false, null)) ?? []
  }

  /** Test events, likewise. */
  get tests(): readonly StoredEvent[] {
    return this.#lists.get(listKey(true, null)) ?? []
  }

  /** Takes an event of an earlier run: it is listed again, and not told or delivered. */
  restore(event: StoredEvent): void {
    const about = event.isTest ? null : (event.identityId ?? String(event.object.id))
    if (about !== null) this.#countBySubject.set(about, (this.#countBySubject.get(about) ?? 0) + 1)
    this.#index(event)
  }

  get(id: string): StoredEvent | undefined {
    return this.#byId.get(id)
  }

  /**
   * Stores an event and, unless `deliver` is false, gives it to the webhook sender. Under one seed an identity's nth event always has the
   * same id. The ids of other events (tests, transfers) include the time, so that a restart does not repeat them.
   */
  emit(options: {
    type: string
    object: Readonly<Record<string, unknown>>
    identityId: string | null
    /** The subject of an event without an identity. Under one seed the subject's nth event always has the same id. */
    subject?: string
    isTest?: boolean
    deliver?: boolean
  }): StoredEvent {
    const { type, object, identityId, isTest = false, deliver = true } = options
    const createdAtNs = this.#clock.next()
    const about = isTest ? undefined : (identityId ?? options.subject)
    const subject = about ?? `at ${createdAtNs}`
    const nth = (this.#countBySubject.get(subject) ?? 0) + 1
    if (about !== undefined) this.#countBySubject.set(subject, nth)
    const id = this.#random.uuid('event', subject, nth)
    const event: StoredEvent = {
      id,
      type,
      objectType: OBJECT_TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? 'unknown',
      object: { id: this.#random.uuid('object', id), ...(identityId === null ? {} : { identity_id: identityId }), ...object },
      identityId,
      isTest,
      createdAtNs,
      createdAt: toRfc3339(createdAtNs, 9),
      undeliveredWebhooks: 0,
    }
    this.#index(event)
    this.#story.tell({ kind: 'event-emitted', eventId: id, type, identityId, isTest })
    if (deliver) this.#deliver(event)
    return event
  }

  page(options: { isTest: boolean; type: string | null; created: TimeRange; request: PageRequest }): {
    items: StoredEvent[]
    nextCursor: string
  } {
    return page(this.#lists.get(listKey(options.isTest, options.type)) ?? [], { request: options.request, created: options.created })
  }

  clear(): void {
    this.#byId.clear()
    this.#lists.clear()
    this.#countBySubject.clear()
  }

  #index(event: StoredEvent): void {
    this.#byId.set(event.id, event)
    this.#list(event.isTest, null).push(event)
    this.#list(event.isTest, event.type).push(event)
  }

  #list(isTest: boolean, type: string | null): StoredEvent[] {
    const key = listKey(isTest, type)
    let list = this.#lists.get(key)
    if (!list) {
      list = []
      this.#lists.set(key, list)
    }
    return list
  }
}

function listKey(isTest: boolean, type: string | null): string {
  return `${isTest ? 'test' : 'real'} ${type ?? ''}`
}

/** An event as Get Event and List Events show it (paxos/api.md 3.1). */
export function eventView(event: StoredEvent): object {
  return {
    id: event.id,
    type: event.type,
    object_type: event.objectType,
    object: event.object,
    created_at: event.createdAt,
    undelivered_webhooks: event.undeliveredWebhooks,
  }
}
