import { createBatchReader } from './batch-reader.ts'
import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import type { PaxosClient } from './paxos-client.ts'
import type { CallOptions } from './transport/paxos-call.ts'

/** The two reads on which every decision rests, shared between the events that wait for them. */
export interface ConfirmationReader {
  /** The event as Paxos has it. `at`: when it happened, as the webhook says, milliseconds since 1970. @throws as events.get */
  event(eventId: string, at: number, options: CallOptions): Promise<PaxosEvent>
  /** The identity's live status. `at`: when the confirmed event happened. @throws as identities.get */
  identity(identityId: string, at: number, options: CallOptions): Promise<PaxosIdentity>
  close(): Promise<void>
}

/** Events never change (paxos/api.md 3.2: immutable records), so one that came along may wait for its turn. */
const EVENT_FRESH_MS = 60_000
/**
 * A status may change, and the event of that change is decided on it: only a read that began after the event was asked about
 * counts. One that came along a moment earlier could make a disabling look as if nothing had happened.
 */
const IDENTITY_FRESH_MS = 0
/** A webhook tells the very time of its event (documented), an event comes a moment after the change of its identity (assumed). */
const EVENT_LAG_MS = 1
const IDENTITY_LAG_MS = 250
const PAGE = 100

/** Confirms through List Events and List Identities when many wait, else by Get (paxos/api.md 3 and 4.9). */
export function createConfirmationReader(paxos: PaxosClient): ConfirmationReader {
  const events = createBatchReader<PaxosEvent>({
    getOne: (id, options) => paxos.events.get(id, options),
    listFrom: async (fromMs, cursor, options) => {
      const page = await paxos.events.list({
        createdAt: { gte: new Date(fromMs).toISOString() },
        order: 'ASC',
        limit: PAGE,
        cursor,
        ...options,
      })
      const last = page.events.at(-1)
      return {
        values: page.events.map((event) => ({ id: event.id, value: event })),
        nextCursor: page.nextCursor,
        reachedMs: last ? Date.parse(last.createdAt) : null,
      }
    },
    timeOf: ({ createdAt }) => Date.parse(createdAt),
    firstLagMs: EVENT_LAG_MS,
    freshForMs: EVENT_FRESH_MS,
  })
  const identities = createBatchReader<PaxosIdentity>({
    getOne: (id, options) => paxos.identities.get(id, options),
    listFrom: async (fromMs, cursor, options) => {
      const page = await paxos.identities.list({
        updatedAt: { gte: new Date(fromMs).toISOString() },
        order: 'ASC',
        limit: PAGE,
        cursor,
        ...options,
      })
      // Filtered by the time of change and ordered by that of creation (paxos/api.md 4.9): how far it has got, it does not say.
      return {
        values: page.identities.map((identity) => ({ id: identity.id, value: identity })),
        nextCursor: page.nextCursor,
        reachedMs: null,
      }
    },
    timeOf: ({ updatedAt }) => Date.parse(updatedAt),
    firstLagMs: IDENTITY_LAG_MS,
    freshForMs: IDENTITY_FRESH_MS,
  })
  return {
    event: (id, at, options) => events.read({ id, at }, options),
    identity: (id, at, options) => identities.read({ id, at }, options),
    close: async () => {
      await Promise.all([events.close(), identities.close()])
    },
  }
}
