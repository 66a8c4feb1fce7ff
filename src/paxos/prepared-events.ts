import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'

/** A job may take this long from its read to its end. An older status is used only while Paxos's list of changes does not name its identity. */
export const STATUS_FRESH_MS = 120_000
/** A status that was read this long ago is read again, changed or not. */
export const LONGEST_UNCHANGED_MS = 3_600_000
/** Bounds the memory. Events never change (paxos/api.md 3.2), so they may be kept for any time. */
const MOST_KEPT = 40_000
const ABSENT_FRESH_MS = 20_000

interface PreparedStatus {
  seen: PaxosIdentity
  version: number | null
  readAt: number
}

interface Prepared {
  event: PaxosEvent
  identity: PreparedStatus | null
  /** The status that was taken last, until it is known to have been used. */
  lent: PreparedStatus | null
  /** A pass has delivered its status once. */
  served: boolean
}

/** Events and statuses that passes over Paxos's listings found, until they are used. */
export interface PreparedEvents {
  keep(eventId: string, event: PaxosEvent): void
  event(eventId: string): PaxosEvent | null
  /** Keeps the status of the event's identity, read after `version` of its onboarding was loaded (null: there was none). */
  keepStatus(eventId: string, status: { seen: PaxosIdentity; version: number | null }): void
  /** Removes and returns the status if it is fresh and was read after this version was loaded, else null. */
  takeStatus(eventId: string, version: number | null): PaxosIdentity | null
  /** Takes back a status that the event could not use: nothing was decided on it. */
  giveBackStatus(eventId: string): void
  /** Milliseconds for which the status may still be used; 0 without a status. */
  statusLeftMs(eventId: string): number
  /** The same, if the identity stays out of Paxos's list of changes. */
  statusLastsMs(eventId: string): number
  hasStatus(eventId: string): boolean
  /** A pass has delivered its status once. */
  served(eventId: string): boolean
  /** Number of statuses that are ready, and of those taken so far. */
  statuses(): { ready: number; taken: number }
  markAbsent(eventIds: Iterable<string>, since: number): void
  /** Since when Paxos does not list the event; null when unknown. Answers once: the next question needs a new look at Paxos. */
  takeAbsent(eventId: string): number | null
}

export interface PreparedEventsOptions {
  now: () => number
  /** As of ChangedIdentities. */
  sameUntil(seen: PaxosIdentity, readAt: number): number | null
}

/** One closure: events, statuses and absences are of the same events and are forgotten together. */
export function createPreparedEvents({ now, sameUntil }: PreparedEventsOptions): PreparedEvents {
  const prepared = new Map<string, Prepared>()
  const absent = new Map<string, number>()
  let ready = 0
  let taken = 0
  const dropOldest = (): void => {
    const [oldest] = prepared
    if (!oldest) return
    prepared.delete(oldest[0])
    if (oldest[1].identity) ready -= 1
  }
  const lastsMs = ({ seen, readAt }: PreparedStatus): number =>
    sameUntil(seen, readAt) === null ? 0 : Math.max(0, readAt + LONGEST_UNCHANGED_MS - now())
  const leftMs = (status: PreparedStatus): number => {
    const knownAt = sameUntil(status.seen, status.readAt)
    return knownAt === null ? 0 : Math.min(lastsMs(status), Math.max(0, knownAt + STATUS_FRESH_MS - now()))
  }
  return {
    keep(eventId, event) {
      const known = prepared.get(eventId)
      if (known) known.event = event
      else prepared.set(eventId, { event, identity: null, lent: null, served: false })
      absent.delete(eventId)
      if (prepared.size > MOST_KEPT) dropOldest()
    },
    event: (eventId) => prepared.get(eventId)?.event ?? null,
    keepStatus(eventId, { seen, version }) {
      const known = prepared.get(eventId)
      if (!known) return
      if (known.identity === null) ready += 1
      known.identity = { seen, version, readAt: now() }
      known.lent = null
    },
    takeStatus(eventId, version) {
      const known = prepared.get(eventId)
      if (!known?.identity) return null
      const { identity } = known
      // The event itself stays known. Its next status is read for it alone, since a pass for few events costs more.
      known.identity = null
      known.served = true
      ready -= 1
      taken += 1
      known.lent = identity.version === version && leftMs(identity) > 0 ? identity : null
      return known.lent?.seen ?? null
    },
    giveBackStatus(eventId) {
      const known = prepared.get(eventId)
      if (!known?.lent || known.identity) return
      known.identity = known.lent
      known.lent = null
      known.served = false
      ready += 1
      taken -= 1
    },
    statusLeftMs(eventId) {
      const identity = prepared.get(eventId)?.identity
      return identity ? leftMs(identity) : 0
    },
    statusLastsMs(eventId) {
      const identity = prepared.get(eventId)?.identity
      return identity ? lastsMs(identity) : 0
    },
    hasStatus: (eventId) => Boolean(prepared.get(eventId)?.identity),
    served: (eventId) => prepared.get(eventId)?.served ?? false,
    statuses: () => ({ ready, taken }),
    markAbsent(eventIds, since) {
      for (const [id, at] of absent) if (since - at > ABSENT_FRESH_MS) absent.delete(id)
      for (const id of eventIds) absent.set(id, since)
    },
    takeAbsent(eventId) {
      const since = absent.get(eventId)
      absent.delete(eventId)
      return since !== undefined && now() - since <= ABSENT_FRESH_MS ? since : null
    },
  }
}
