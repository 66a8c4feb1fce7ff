import type { ListedPage } from './batch-reader.ts'
import { createBudgetWait } from './budget-wait.ts'
import { createChangedIdentities } from './changed-identities.ts'
import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import { createWindowLane, type Window } from './identity-windows.ts'
import { createNews } from './news.ts'
import { createPreparedEvents, LONGEST_UNCHANGED_MS, STATUS_FRESH_MS } from './prepared-events.ts'
import { readWaitingEvents, type WaitingEvent, type WaitingRead } from './read-waiting-events.ts'
import { createStatusCollector } from './status-collector.ts'
import { createStatusPace } from './status-pace.ts'

/** The source of waiting events and of the onboardings' versions. */
export interface Backlog {
  /** The oldest and the newest unfinished events, at most `limit`, in the order in which workers take them. */
  waiting(limit: number): Promise<WaitingEvent[]>
  /** The versions of the onboardings that exist. */
  versions(identityIds: readonly string[]): Promise<Map<string, number>>
  /** Whether work on an event of this type reads the status of its identity. */
  readsStatus(type: string): boolean
  /** Called after a pass in which Paxos listed few of the waiting events: most of them may be forged. */
  onMostlyAbsent?(found: readonly string[], absent: number): void
}

export interface BacklogPassOptions {
  backlog: Backlog
  listEvents(fromMs: number, cursor: string | null): Promise<ListedPage<PaxosEvent>>
  /** Identities that changed within a window, or since a time. */
  listIdentities(window: Pick<Window, 'fromMs'> & { untilMs?: number }, cursor: string | null): Promise<ListedPage<PaxosIdentity>>
  now?: () => number
}

/** The results of passes. */
export interface BacklogPass {
  /**
   * The event as a pass found it; `absentSince` when Paxos did not list it; null when no pass knows it. Waits for a pass that is looking
   * for it. When enough reads are in progress, the next pass begins.
   */
  event(eventId: string, readsUnderWay: number): Promise<PaxosEvent | { absentSince: number } | null>
  /** The status for this event, if it was read after `version` of the onboarding was loaded (null: there was none). Answers once. */
  status(eventId: string, version: number | null): Promise<PaxosIdentity | null>
  /** Returns the status that this event took and did not use: it serves again when the event comes back. */
  unused(eventId: string): void
  close(): Promise<void>
}

interface PassUnderWay {
  /** The ids that it looks for; null until they are known. */
  wanted: Set<string> | null
  /** Both resolve, and never reject: at that stage, or when the pass has failed. */
  known: Promise<void>
  ended: Promise<void>
  eventsAreRead: boolean
  hasEnded: boolean
}

/** Fewer events are read one by one: a pass would not be worth its query. */
const WORTH_A_PASS = 200
/** Reads in progress that begin a pass. */
const READS_AT_ONCE = 12
const MOST_WAITING = 30_000
/** A pass reads a status again if less than this is left of its lifetime. */
const RENEW_BEFORE_MS = 20_000
/** Fewest statuses of one pass; normally as many as are used while they are fresh. */
const LEAST_STATUSES = 500
/** The next pass begins when this many prepared events are left, so that work does not wait for it. */
const LEFT_BEFORE_NEXT = 1_000
/** Interval of reads of changed identities while statuses wait to be used. */
const READ_CHANGES_EVERY_MS = 60_000
/** Time between the beginnings of two passes; longer after one that found no work or failed. */
const REST_MS = 1_000
const REST_AFTER_NOTHING_MS = 3_000
/**
 * One pass over List Events, and one over List Identities, for all events that wait in the inbox, in any order. A backlog of thousands then
 * costs a few pages per hundred events instead of two reads per event (F49). Both passes run in parallel, and each event continues as soon
 * as its own status is known.
 *
 * A status counts for an event if the event was waiting, and the version of its onboarding was loaded, before the pass read the status. The
 * reader that decides compares the version: if it is unchanged, the status was read after it. So a decision rests on the same facts as if
 * the same worker had loaded the version, read the status, and been slow since. While statuses wait, Paxos's list of changes is read once a
 * minute: a status older than two minutes is used only if its identity is not in that list.
 *
 * One closure, because the pass under way is the state that all of these functions read and move. What does not move it stands beside this
 * file: prepared events, the list of changes, the read of the events, the collector of statuses, the pace, the wait for the budget.
 */
export function createBacklogPass({ backlog, listEvents, listIdentities, now = Date.now }: BacklogPassOptions): BacklogPass {
  let closed = false
  const withBudget = createBudgetWait({ now, isClosed: () => closed })
  const changes = createChangedIdentities({ listChanged: (fromMs, cursor) => withBudget(() => listIdentities({ fromMs }, cursor)), now })
  const prepared = createPreparedEvents({ now, sameUntil: changes.sameUntil })
  const news = createNews()
  let pass: PassUnderWay | null = null
  let nextAt = 0
  let askedForStatus = 0
  const pace = createStatusPace({ now, statuses: prepared.statuses, enoughReady: LEFT_BEFORE_NEXT })
  /** The last pass had too many events and left some without a status. */
  let moreWait = false
  let timer: NodeJS.Timeout | undefined

  function begin(): void {
    if (pass || closed || now() < nextAt) return
    nextAt = now() + REST_MS
    const known = Promise.withResolvers<void>()
    const own: PassUnderWay = { wanted: null, known: known.promise, ended: Promise.resolve(), eventsAreRead: false, hasEnded: false }
    pass = own
    own.ended = run(own, known.resolve)
      .catch(() => {
        nextAt = now() + REST_AFTER_NOTHING_MS // single reads meet the same outage and report it
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
    pace.measure()
    changes.follow()
    const inOrder = await backlog.waiting(MOST_WAITING)
    const waiting = inOrder.filter(({ eventId }, place) => !prepared.served(eventId) && !isReady(eventId, place))
    if (waiting.length < WORTH_A_PASS) {
      nextAt = now() + REST_AFTER_NOTHING_MS
      return
    }
    own.wanted = new Set(waiting.map(({ eventId }) => eventId))
    isKnown()
    const goodForMs = (changesAreKnown() ? LONGEST_UNCHANGED_MS : STATUS_FRESH_MS) - RENEW_BEFORE_MS
    const mostStatuses = Math.max(LEAST_STATUSES, pace.perMs() * goodForMs)
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
      const listWithBudget: typeof listEvents = (fromMs, cursor) => withBudget(() => listEvents(fromMs, cursor))
      meetFlood(await readWaitingEvents(waiting, { prepared, statuses, listEvents: listWithBudget, onKept: news.tell, beganAt }))
      own.eventsAreRead = true
      news.tellAll()
    } finally {
      await statuses.ended()
    }
  }

  /** Whether its status will still be fresh at its turn, after the `place` events before it. */
  function isReady(eventId: string, place: number): boolean {
    const leftMs = changesAreKnown() ? prepared.statusLastsMs(eventId) : prepared.statusLeftMs(eventId)
    return leftMs > RENEW_BEFORE_MS + place / pace.perMs()
  }

  function changesAreKnown(): boolean {
    return now() - changes.knownAt() < STATUS_FRESH_MS
  }

  /** Renews statuses while Paxos lists no change of their identities: one page instead of reading them all. */
  async function renewStatuses(eventId: string): Promise<void> {
    if (prepared.statuses().ready === 0 || now() - changes.knownAt() < READ_CHANGES_EVERY_MS) return
    const read = changes.update()
    if (prepared.hasStatus(eventId) && prepared.statusLeftMs(eventId) === 0) await read
  }

  /** New events wait behind a flood: the next pass begins soon, even without a request. */
  function meetFlood({ found, missing }: WaitingRead): void {
    if (missing.length < WORTH_A_PASS || missing.length < found.length) return
    backlog.onMostlyAbsent?.(found, missing.length)
    timer = setTimeout(begin, REST_MS).unref()
  }

  function known(eventId: string): PaxosEvent | { absentSince: number } | null {
    const absentSince = prepared.takeAbsent(eventId)
    return prepared.event(eventId) ?? (absentSince === null ? null : { absentSince })
  }

  /** Waits for the status in the current pass, or in the next one if enough events wait for theirs. */
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
      // In the background, before the statuses run out or become stale.
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
