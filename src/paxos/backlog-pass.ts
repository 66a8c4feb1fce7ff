import type { ListedPage, Wanted } from './batch-reader.ts'
import type { EventEvidence, PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import { readWindows, type Window, windowsOf } from './identity-windows.ts'
import { BudgetExhaustedError } from './paxos-errors.ts'
import { walkWanted } from './walk-wanted.ts'

/** An unfinished event of the inbox, as far as a pass needs it. */
export interface WaitingEvent {
  eventId: string
  /** When it happened, as its delivery says, milliseconds since 1970. */
  at: number
  /** What a listing has shown of it already. */
  evidence: EventEvidence | null
}

/** Where a pass learns what waits, and which versions the onboardings have. */
export interface Backlog {
  /** The oldest and the newest unfinished events, at most `limit` of them. */
  waiting(limit: number): Promise<WaitingEvent[]>
  /** The versions of those onboardings that exist. */
  versions(identityIds: readonly string[]): Promise<Map<string, number>>
  /** Whether work on an event of this type reads the status of its identity. */
  readsStatus(type: string): boolean
  /** Told of a pass in which Paxos lists few of the events that wait: most of them may be forged. */
  onMostlyAbsent?(found: readonly string[], absent: number): void
}

export interface BacklogPassOptions {
  backlog: Backlog
  listEvents(fromMs: number, cursor: string | null): Promise<ListedPage<PaxosEvent>>
  listIdentities(window: Window, cursor: string | null): Promise<ListedPage<PaxosIdentity>>
  now?: () => number
}

/** What the passes know. */
export interface BacklogPass {
  /**
   * The event as a pass found it; `absent` when Paxos did not list it; null when no pass knows. Waits for a pass that is looking for it.
   * Enough reads under way begin the next pass.
   */
  event(eventId: string, readsUnderWay: number): Promise<PaxosEvent | { absentSince: number } | null>
  /** The status for this event, if it was read after `version` of the onboarding was loaded (null: there was none). Answers once. */
  status(eventId: string, version: number | null): Promise<PaxosIdentity | null>
  close(): Promise<void>
}

interface PassUnderWay {
  /** What it looks for; null before it knows. */
  wanted: Set<string> | null
  /** Each resolves, and never rejects, when that much is known, or the pass has failed. */
  known: Promise<void>
  events: Promise<void>
  statuses: Promise<void>
}

interface Prepared {
  event: PaxosEvent
  identity: { seen: PaxosIdentity; version: number | null; readAt: number } | null
  /** A pass has given its status once. */
  served: boolean
}

/** Fewer than these are read as they come: a pass saves nothing worth its question to the database. */
const WORTH_A_PASS = 200
/** Reads that must be under way before a pass is thought of. */
const READS_AT_ONCE = 12
const MOST_WAITING = 30_000
/** Statuses of one pass: about as many as are used up within `STATUS_FRESH_MS`; 5,000 at the documented rate. */
const MOST_STATUSES = 5_000
const LEAST_STATUSES = 500
/** The next pass begins while so many prepared events are left, so that work does not wait for it. */
const LEFT_BEFORE_NEXT = 1_000
/** A job may take as long from its read to its end; an older status is read anew. */
const STATUS_FRESH_MS = 120_000
/** A status that ends so soon is read anew by a pass that goes by. */
const RENEW_BEFORE_MS = 20_000
/** Events never change (paxos/api.md 3.2). This bounds the memory. */
const MOST_KEPT = 40_000
const ABSENT_FRESH_MS = 20_000
/** Between the beginnings of two passes; longer after one that found nothing to do, or failed. */
const REST_MS = 1_000
const REST_AFTER_NOTHING_MS = 3_000
const PAGES_AT_LEAST = 20
/** Parts of the time that are walked beside each other, so that a pass takes seconds where the limits permit. */
const WALKS_AT_ONCE = 4
/** A pass waits for the budget rather than give up, but not longer than this. */
const LONGEST_BUDGET_WAIT_MS = 15_000

/**
 * One pass over List Events, and one over List Identities, for all events that wait in the inbox, in whatever order they came: a backlog of
 * thousands costs a few pages per hundred instead of two reads per event (F49).
 *
 * A status counts for an event when the event was waiting, and the version of its onboarding was loaded, before the pass read the status.
 * Whoever decides compares the version: as long as it is the same, the status was read after it. So a decision rests on what it would
 * rest on if the same worker had loaded the version, read the status, and been slow since.
 */
export function createBacklogPass({ backlog, listEvents, listIdentities, now = Date.now }: BacklogPassOptions): BacklogPass {
  const prepared = new Map<string, Prepared>()
  const absent = new Map<string, number>()
  let pass: PassUnderWay | null = null
  let nextAt = 0
  /** Statuses that are there to be used, and how many were used since the last pass. */
  let ready = 0
  let used = 0
  let askedForStatus = 0
  let mostStatuses = MOST_STATUSES
  /** The last pass left events without a status: there were too many. */
  let moreWait = false
  let closed = false
  let timer: NodeJS.Timeout | undefined

  function begin(): void {
    if (pass || closed || now() < nextAt) return
    nextAt = now() + REST_MS
    const known = Promise.withResolvers<void>()
    const events = Promise.withResolvers<void>()
    const own: PassUnderWay = { wanted: null, known: known.promise, events: events.promise, statuses: Promise.resolve() }
    pass = own
    own.statuses = run(own, known.resolve, events.resolve)
      .catch(() => {
        nextAt = now() + REST_AFTER_NOTHING_MS // single reads meet the same outage, and say so
      })
      .finally(() => {
        known.resolve()
        events.resolve()
        pass = null
      })
  }

  async function run(own: PassUnderWay, isKnown: () => void, eventsAreRead: () => void): Promise<void> {
    const beganAt = now()
    forget(beganAt)
    const waiting = (await backlog.waiting(MOST_WAITING)).filter(
      ({ eventId }) => !prepared.get(eventId)?.served && !hasStatus(eventId, RENEW_BEFORE_MS),
    )
    if (waiting.length < WORTH_A_PASS) {
      nextAt = now() + REST_AFTER_NOTHING_MS
      return
    }
    own.wanted = new Set(waiting.map(({ eventId }) => eventId))
    isKnown()
    await readEvents(waiting, beganAt)
    eventsAreRead()
    await readStatuses(waiting)
  }

  /** A status that stays good for this long. */
  function hasStatus(eventId: string, forMs: number): boolean {
    const identity = prepared.get(eventId)?.identity
    return identity !== null && identity !== undefined && now() - identity.readAt < STATUS_FRESH_MS - forMs
  }

  async function readEvents(waiting: readonly WaitingEvent[], beganAt: number): Promise<void> {
    for (const { eventId, evidence } of waiting)
      if (evidence) keep(eventId, { id: eventId, ...evidence, undeliveredWebhooks: 0, oldStatus: null, newStatus: null })
    const unknown: Wanted[] = waiting.filter(({ eventId }) => !prepared.has(eventId)).map(({ eventId, at }) => ({ id: eventId, at }))
    if (unknown.length === 0) return
    const walk = (part: readonly Wanted[]) =>
      walkWanted<PaxosEvent>(part, {
        listFrom: (fromMs, cursor) => withBudget(() => listEvents(fromMs, cursor)),
        lagMs: 1,
        pagesAtLeast: PAGES_AT_LEAST / WALKS_AT_ONCE,
        onPage: ({ values }) => {
          for (const { id, value } of values) keep(id.toLowerCase(), value) // the next pass may want those that came along
        },
      })
    const walks = await Promise.all(partsOf(unknown).map(walk))
    const missing = walks.flatMap((walked) => [...walked.absent])
    for (const id of missing) absent.set(id, beganAt)
    const found = walks.flatMap((walked) => [...walked.found.keys()])
    if (missing.length < WORTH_A_PASS || missing.length < found.length) return
    backlog.onMostlyAbsent?.(found, missing.length)
    // What comes now waits behind a flood: look for it soon, asked or not.
    timer = setTimeout(begin, REST_MS).unref()
  }

  async function readStatuses(waiting: readonly WaitingEvent[]): Promise<void> {
    const all = waiting.flatMap(({ eventId }) => {
      const event = prepared.get(eventId)?.event
      return event?.identityId && backlog.readsStatus(event.type)
        ? [{ eventId, id: event.identityId, at: Date.parse(event.createdAt) }]
        : []
    })
    // Where calls are slower than documented, more statuses than were used last time would only grow old.
    const unused = [...prepared.keys()].filter((eventId) => hasStatus(eventId, RENEW_BEFORE_MS)).length
    if (used > 0) mostStatuses = unused > LEFT_BEFORE_NEXT ? Math.max(LEAST_STATUSES, used) : MOST_STATUSES
    used = 0
    moreWait = all.length > mostStatuses
    const wanted = all.slice(0, mostStatuses)
    if (wanted.length === 0) return
    const versions = await backlog.versions([...new Set(all.map(({ id }) => id))])
    const eventsOf = Map.groupBy(all, ({ id }) => id)
    await readWindows(
      windowsOf(wanted),
      (window, cursor) => withBudget(() => listIdentities(window, cursor)),
      (id, seen) => {
        // Wanted now, or waiting too and on the same page.
        for (const { eventId } of eventsOf.get(id) ?? []) {
          const known = prepared.get(eventId)
          if (!known) continue
          if (known.identity === null) ready += 1
          known.identity = { seen, version: versions.get(id) ?? null, readAt: now() }
        }
      },
    )
  }

  async function withBudget<T>(call: () => Promise<T>): Promise<T> {
    const giveUpAt = now() + LONGEST_BUDGET_WAIT_MS
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof BudgetExhaustedError) || closed || now() + error.retryAfterMs > giveUpAt) throw error
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs))
      }
    }
  }

  function keep(eventId: string, event: PaxosEvent): void {
    const known = prepared.get(eventId)
    if (known) known.event = event
    else prepared.set(eventId, { event, identity: null, served: false })
    absent.delete(eventId)
    if (prepared.size > MOST_KEPT) prepared.delete(prepared.keys().next().value ?? '')
  }

  function forget(at: number): void {
    for (const [id, since] of absent) if (at - since > ABSENT_FRESH_MS) absent.delete(id)
  }

  /** An absent one is told once: a later look must be a new one. */
  function known(eventId: string): PaxosEvent | { absentSince: number } | null {
    const found = prepared.get(eventId)
    if (found) return found.event
    const absentSince = absent.get(eventId)
    absent.delete(eventId)
    return absentSince !== undefined && now() - absentSince <= ABSENT_FRESH_MS ? { absentSince } : null
  }

  /** Waits for the statuses of the pass under way, or of the next one where enough events wait for theirs. */
  async function nextStatuses(eventId: string): Promise<void> {
    askedForStatus += 1
    try {
      if (askedForStatus >= READS_AT_ONCE) begin()
      const current = pass
      await current?.known
      if (current?.wanted?.has(eventId)) await current.statuses
    } finally {
      askedForStatus -= 1
    }
  }

  return {
    async event(eventId, readsUnderWay) {
      const before = known(eventId)
      if (before) return before
      if (readsUnderWay >= READS_AT_ONCE) begin()
      const current = pass
      await current?.known
      if (!current?.wanted?.has(eventId)) return null
      await current.events
      return known(eventId)
    },
    async status(eventId, version) {
      // In the background, before the statuses run out or grow too old.
      if ((moreWait && ready < LEFT_BEFORE_NEXT) || (prepared.get(eventId)?.identity && !hasStatus(eventId, RENEW_BEFORE_MS))) begin()
      if (prepared.get(eventId)?.served === false && !hasStatus(eventId, 0)) await nextStatuses(eventId)
      const found = prepared.get(eventId)
      if (!found) return null
      const { identity } = found
      if (identity === null) return null
      // The event stays known, should it come again; its next status is read for it alone, since a pass for few costs more.
      found.identity = null
      found.served = true
      ready -= 1
      used += 1
      const good = identity.version === version && now() - identity.readAt < STATUS_FRESH_MS
      return good ? identity.seen : null
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await pass?.statuses
    },
  }
}

/** In the order of time, cut into as many parts as are walked at once. */
function partsOf(wanted: readonly Wanted[]): Wanted[][] {
  const inOrder = [...wanted].sort((one, other) => one.at - other.at)
  const size = Math.ceil(inOrder.length / WALKS_AT_ONCE)
  return Array.from({ length: WALKS_AT_ONCE }, (_, part) => inOrder.slice(part * size, (part + 1) * size)).filter(
    ({ length }) => length > 0,
  )
}
