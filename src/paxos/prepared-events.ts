import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'

/** A job may take as long from its read to its end; an older status is read anew. */
export const STATUS_FRESH_MS = 120_000
/** Events never change (paxos/api.md 3.2). This bounds the memory. */
const MOST_KEPT = 40_000
const ABSENT_FRESH_MS = 20_000

interface Prepared {
  event: PaxosEvent
  identity: { seen: PaxosIdentity; version: number | null; readAt: number } | null
  /** A pass has given its status once. */
  served: boolean
}

/** What the passes over Paxos's listings have found, until it is used. */
export interface PreparedEvents {
  keep(eventId: string, event: PaxosEvent): void
  event(eventId: string): PaxosEvent | null
  /** The status of the event's identity, read after `version` of its onboarding was loaded (null: there was none). */
  keepStatus(eventId: string, status: { seen: PaxosIdentity; version: number | null }): void
  /** Takes the status out, if it is young enough and was read after this version was loaded. */
  takeStatus(eventId: string, version: number | null): PaxosIdentity | null
  /** How much longer the status may be used, milliseconds; 0 for none. */
  statusLeftMs(eventId: string): number
  hasStatus(eventId: string): boolean
  /** A pass has given its status once. */
  served(eventId: string): boolean
  /** Statuses that are there to be taken, and those taken so far. */
  statuses(): { ready: number; taken: number }
  markAbsent(eventIds: Iterable<string>, since: number): void
  /** Since when Paxos does not list the event; null when that is not known. It is told once: a later look must be a new one. */
  takeAbsent(eventId: string): number | null
}

export function createPreparedEvents({ now }: { now: () => number }): PreparedEvents {
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
  const leftMs = (readAt: number): number => Math.max(0, STATUS_FRESH_MS - (now() - readAt))
  return {
    keep(eventId, event) {
      const known = prepared.get(eventId)
      if (known) known.event = event
      else prepared.set(eventId, { event, identity: null, served: false })
      absent.delete(eventId)
      if (prepared.size > MOST_KEPT) dropOldest()
    },
    event: (eventId) => prepared.get(eventId)?.event ?? null,
    keepStatus(eventId, { seen, version }) {
      const known = prepared.get(eventId)
      if (!known) return
      if (known.identity === null) ready += 1
      known.identity = { seen, version, readAt: now() }
    },
    takeStatus(eventId, version) {
      const known = prepared.get(eventId)
      if (!known?.identity) return null
      const { identity } = known
      // The event stays known, should it come again; its next status is read for it alone, since a pass for few costs more.
      known.identity = null
      known.served = true
      ready -= 1
      taken += 1
      return identity.version === version && leftMs(identity.readAt) > 0 ? identity.seen : null
    },
    statusLeftMs(eventId) {
      const identity = prepared.get(eventId)?.identity
      return identity ? leftMs(identity.readAt) : 0
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
