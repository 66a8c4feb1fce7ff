import type { ListedPage, Wanted } from './batch-reader.ts'
import { createChangedIdentities } from './changed-identities.ts'
import type { EventEvidence, PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import { createWindowLane, type Window } from './identity-windows.ts'
import { createNews } from './news.ts'
import { BudgetExhaustedError } from './paxos-errors.ts'
import { createPreparedEvents, STATUS_FRESH_MS } from './prepared-events.ts'
import { createStatusCollector } from './status-collector.ts'
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
  /** The oldest and the newest unfinished events, at most `limit` of them, in the order in which they are worked on. */
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
  /** Identities that have changed within a time, or since a moment. */
  listIdentities(window: Pick<Window, 'fromMs'> & { untilMs?: number }, cursor: string | null): Promise<ListedPage<PaxosIdentity>>
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
  /** Nothing was decided on the status that this event took: it serves again when the event comes back. */
  unused(eventId: string): void
  close(): Promise<void>
}

interface PassUnderWay {
  /** What it looks for; null before it knows. */
  wanted: Set<string> | null
  /** Each resolves, and never rejects, when that much is known, or the pass has failed. */
  known: Promise<void>
  ended: Promise<void>
  eventsAreRead: boolean
  hasEnded: boolean
}

/** Fewer than these are read as they come: a pass saves nothing worth its question to the database. */
const WORTH_A_PASS = 200
/** Reads that must be under way before a pass is thought of. */
const READS_AT_ONCE = 12
const MOST_WAITING = 30_000
/** A status that ends so soon is read anew by a pass that goes by. */
const RENEW_BEFORE_MS = 20_000
/** Statuses of one pass: about as many as are used up while they are fresh; 5,000 at the documented rate. */
const MOST_STATUSES = 5_000
const LEAST_STATUSES = 500
const DOCUMENTED_PACE = MOST_STATUSES / (STATUS_FRESH_MS - RENEW_BEFORE_MS)
/** A shorter time between two passes says nothing about the pace. */
const PACE_AFTER_MS = 5_000
/** The next pass begins while so many prepared events are left, so that work does not wait for it. */
const LEFT_BEFORE_NEXT = 1_000
/** What has changed is looked up this often while statuses wait to be used. */
const LOOK_EVERY_MS = 60_000
/** Between the beginnings of two passes; longer after one that found nothing to do, or failed. */
const REST_MS = 1_000
const REST_AFTER_NOTHING_MS = 3_000
/** Parts of the time that are walked beside each other, so that a pass takes a second where the limits permit. */
const WALKS_AT_ONCE = 8
const PAGES_AT_LEAST = 3
/** A pass waits for the budget rather than give up, but not longer than this. */
const LONGEST_BUDGET_WAIT_MS = 15_000

/**
 * One pass over List Events, and one over List Identities, for all events that wait in the inbox, in whatever order they came: a backlog of
 * thousands costs a few pages per hundred instead of two reads per event (F49). Both go on side by side, and each event goes on as soon as
 * its own status is known.
 *
 * A status counts for an event when the event was waiting, and the version of its onboarding was loaded, before the pass read the status.
 * The reader that decides compares the version: as long as it is the same, the status was read after it. So a decision rests on what it would
 * rest on if the same worker had loaded the version, read the status, and been slow since. While statuses wait, Paxos's list of changes is read
 * once a minute: a status older than two minutes is used only if its identity is not in that list.
 */
export function createBacklogPass({ backlog, listEvents, listIdentities, now = Date.now }: BacklogPassOptions): BacklogPass {
  const changes = createChangedIdentities({ listChanged: (fromMs, cursor) => withBudget(() => listIdentities({ fromMs }, cursor)), now })
  const prepared = createPreparedEvents({ now, sameUntil: changes.sameUntil })
  const news = createNews()
  let pass: PassUnderWay | null = null
  let nextAt = 0
  let askedForStatus = 0
  /** Statuses used per millisecond, when the last pass began, and how many had been used by then. */
  let pace = { perMs: DOCUMENTED_PACE, at: Number.NEGATIVE_INFINITY, taken: 0 }
  /** The last pass left events without a status: there were too many. */
  let moreWait = false
  let closed = false
  let timer: NodeJS.Timeout | undefined

  function begin(): void {
    if (pass || closed || now() < nextAt) return
    nextAt = now() + REST_MS
    const known = Promise.withResolvers<void>()
    const own: PassUnderWay = { wanted: null, known: known.promise, ended: Promise.resolve(), eventsAreRead: false, hasEnded: false }
    pass = own
    own.ended = run(own, known.resolve)
      .catch(() => {
        nextAt = now() + REST_AFTER_NOTHING_MS // single reads meet the same outage, and say so
      })
      .finally(() => {
        known.resolve()
        own.hasEnded = true
        pass = null
        news.tellAll()
      })
  }

  async function run(own: PassUnderWay, isKnown: () => void): Promise<void> {
    const beganAt = now()
    measurePace()
    changes.follow()
    const inOrder = await backlog.waiting(MOST_WAITING)
    const waiting = inOrder.filter(({ eventId }, place) => !prepared.served(eventId) && !isReady(eventId, place))
    if (waiting.length < WORTH_A_PASS) {
      nextAt = now() + REST_AFTER_NOTHING_MS
      return
    }
    own.wanted = new Set(waiting.map(({ eventId }) => eventId))
    isKnown()
    const mostStatuses = Math.min(MOST_STATUSES, Math.max(LEAST_STATUSES, pace.perMs * (STATUS_FRESH_MS - RENEW_BEFORE_MS)))
    moreWait = waiting.length > mostStatuses
    const statuses = createStatusCollector({
      backlog,
      wantsStatus: new Set(waiting.slice(0, mostStatuses).map(({ eventId }) => eventId)),
      lane: createWindowLane((window, cursor) => withBudget(() => listIdentities(window, cursor))),
      onStatus: (eventId, status) => {
        prepared.keepStatus(eventId, status)
        news.tell(eventId)
      },
    })
    try {
      await readEvents(waiting, { beganAt, statuses })
      own.eventsAreRead = true
      news.tellAll()
    } finally {
      await statuses.ended()
    }
  }

  /** It has a status that will still be good when its turn comes, after those `place` before it. */
  function isReady(eventId: string, place: number): boolean {
    const leftMs = changesAreKnown() ? prepared.statusLastsMs(eventId) : prepared.statusLeftMs(eventId)
    return leftMs > RENEW_BEFORE_MS + place / pace.perMs
  }

  function changesAreKnown(): boolean {
    return now() - changes.lookedAt() < STATUS_FRESH_MS
  }

  /** Statuses that were read stay good while Paxos lists no change of their identities: one page in place of all of them. */
  async function renewStatuses(eventId: string): Promise<void> {
    if (prepared.statuses().ready === 0 || now() - changes.lookedAt() < LOOK_EVERY_MS) return
    const looked = changes.look()
    if (prepared.hasStatus(eventId) && prepared.statusLeftMs(eventId) === 0) await looked
  }

  /** Where calls are slower than documented, more statuses than are used would only grow old. */
  function measurePace(): void {
    const { ready, taken } = prepared.statuses()
    const forMs = now() - pace.at
    if (forMs < PACE_AFTER_MS) return
    const measured = ready > LEFT_BEFORE_NEXT && taken > pace.taken
    pace = { perMs: measured ? (taken - pace.taken) / forMs : DOCUMENTED_PACE, at: now(), taken }
  }

  type Statuses = ReturnType<typeof createStatusCollector>
  async function readEvents(
    waiting: readonly WaitingEvent[],
    { beganAt, statuses }: { beganAt: number; statuses: Statuses },
  ): Promise<void> {
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
    if (unknown.length === 0) return
    const walks = await Promise.all(partsOf(unknown).map((part) => walk(part, statuses.part())))
    const missing = walks.flatMap((walked) => [...walked.absent])
    prepared.markAbsent(missing, beganAt)
    const found = walks.flatMap((walked) => [...walked.found.keys()])
    if (missing.length < WORTH_A_PASS || missing.length < found.length) return
    backlog.onMostlyAbsent?.(found, missing.length)
    // What comes now waits behind a flood: look for it soon, asked or not.
    timer = setTimeout(begin, REST_MS).unref()
  }

  async function walk(wanted: readonly Wanted[], statuses: ReturnType<Statuses['part']>) {
    const ids = new Set(wanted.map(({ id }) => id))
    const walked = await walkWanted<PaxosEvent>(wanted, {
      listFrom: (fromMs, cursor) => withBudget(() => listEvents(fromMs, cursor)),
      lagMs: 1,
      pagesAtLeast: PAGES_AT_LEAST,
      onPage: ({ values }) => {
        for (const { id, value } of values) {
          const eventId = id.toLowerCase()
          prepared.keep(eventId, value) // the next pass may want those that came along
          if (ids.has(eventId)) statuses.add(eventId, value)
          news.tell(eventId)
        }
      },
    })
    statuses.end()
    return walked
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

  function known(eventId: string): PaxosEvent | { absentSince: number } | null {
    const absentSince = prepared.takeAbsent(eventId)
    return prepared.event(eventId) ?? (absentSince === null ? null : { absentSince })
  }

  /** Waits for the status in the pass under way, or in the next one where enough events wait for theirs. */
  async function nextStatus(eventId: string): Promise<void> {
    askedForStatus += 1
    try {
      if (askedForStatus >= READS_AT_ONCE) begin()
      const current = pass
      await current?.known
      if (!current?.wanted?.has(eventId)) return
      while (!current.hasEnded && prepared.statusLeftMs(eventId) === 0) await news.of(eventId)
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
      while (!current.eventsAreRead && !current.hasEnded && !prepared.event(eventId)) await news.of(eventId)
      return known(eventId)
    },
    async status(eventId, version) {
      await renewStatuses(eventId)
      const leftMs = prepared.statusLeftMs(eventId)
      // In the background, before the statuses run out or grow too old.
      const runsOut = moreWait && prepared.statuses().ready < LEFT_BEFORE_NEXT
      if (runsOut || (prepared.hasStatus(eventId) && leftMs <= RENEW_BEFORE_MS)) begin()
      if (prepared.event(eventId) && !prepared.served(eventId) && leftMs === 0) await nextStatus(eventId)
      return prepared.takeStatus(eventId, version)
    },
    unused: (eventId) => prepared.giveBackStatus(eventId),
    async close() {
      closed = true
      clearTimeout(timer)
      await pass?.ended
    },
  }
}

/** In the order of time, cut into as many parts as are walked at once. */
function partsOf(inOrder: readonly Wanted[]): Wanted[][] {
  const size = Math.ceil(inOrder.length / WALKS_AT_ONCE)
  return Array.from({ length: WALKS_AT_ONCE }, (_, part) => inOrder.slice(part * size, (part + 1) * size)).filter(
    ({ length }) => length > 0,
  )
}
