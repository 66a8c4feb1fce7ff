import { type Backlog, createBacklogPass } from './backlog-pass.ts'
import { createBatchReader, type ListedPage, type Sender, type Wanted } from './batch-reader.ts'
import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import { createListedLane } from './listed-lane.ts'
import type { PaxosClient } from './paxos-client.ts'
import { BudgetExhaustedError, PaxosNotFoundError } from './paxos-errors.ts'
import type { CallOptions } from './transport/paxos-call.ts'

/** The two reads that every decision rests on, shared by the events that wait for them. */
export interface ConfirmationReader {
  /**
   * The event as Paxos has it. `at`: when it happened according to the webhook, milliseconds since 1970. `sender`: the key of the webhook.
   * @throws as events.get
   */
  event(eventId: string, at: number, options: CallOptions & { sender?: Sender | undefined }): Promise<PaxosEvent>
  /**
   * The identity's live status, read after the version was loaded. `at`: when the confirmed event happened, milliseconds since 1970.
   * @throws as identities.get
   */
  identity(identityId: string, at: number, options: CallOptions & Decided): Promise<PaxosIdentity>
  /** The event comes back before anything was decided on the status that was read for it. */
  unused(eventId: string): void
  close(): Promise<void>
}

/** The event and version that the status is for. Without them it is read from Paxos for this question alone. */
interface Decided {
  eventId?: string
  /** Version of the onboarding that was loaded before the read; null: there was none. */
  version?: number | null
}

/** Events never change (paxos/api.md 3.2: immutable records), so an event from an earlier page may wait for its turn. */
const EVENT_FRESH_MS = 60_000
/**
 * 0: a status may change, and the event of that change is decided on it. Only a read that began after the event was asked for counts. A
 * status that was read a moment earlier could hide that Paxos disabled the identity.
 */
const IDENTITY_FRESH_MS = 0
/** A webhook has the exact time of its event (documented). Paxos creates an event a moment after the change of the identity (assumed). */
const EVENT_LAG_MS = 1
const IDENTITY_LAG_MS = 250
const PAGE = 100

/** Confirms through List Events and List Identities when many events wait, else through Get (paxos/api.md 3 and 4.9). */
export function createConfirmationReader(paxos: PaxosClient, backlog: Backlog | null = null): ConfirmationReader {
  const { listEvents, listIdentities } = listingsOf(paxos)
  const listed = createListedLane(listEvents)
  /**
   * Single reads have a quota, and each key has its share of it: ids come from webhooks, which anyone with a stolen key can send. Null when
   * either is used up.
   */
  const getWithinQuota = async ({ id, sender }: Pick<Wanted, 'id' | 'sender'>, options: CallOptions): Promise<PaxosEvent | null> => {
    const get = (): Promise<PaxosEvent> => paxos.events.get(id, { ...options, unproven: true })
    try {
      return await (sender ? sender.readSingly(get) : get())
    } catch (error) {
      if (error instanceof BudgetExhaustedError && error.endpointClass === 'unproven') return null
      throw error
    }
  }
  /** The quota does not apply to listings. */
  const getEvent = async (wanted: Wanted, options: CallOptions): Promise<PaxosEvent> =>
    (await getWithinQuota(wanted, options)) ?? listed.read(wanted)
  /**
   * A pass looked at the time that the delivery names. That time may be forged, so the event is read by its id before it counts as absent.
   */
  const getAbsent = async (wanted: Wanted, options: CallOptions): Promise<PaxosEvent> => {
    const found = await getWithinQuota(wanted, options)
    if (!found) throw new PaxosNotFoundError({ operation: 'events.list' })
    return found
  }
  const events = createBatchReader<PaxosEvent>({
    getOne: getEvent,
    listFrom: listEvents,
    timeOf: ({ createdAt }) => Date.parse(createdAt),
    firstLagMs: EVENT_LAG_MS,
    freshForMs: EVENT_FRESH_MS,
  })
  const identities = createBatchReader<PaxosIdentity>({
    getOne: ({ id }, options) => paxos.identities.get(id, options),
    listFrom: (fromMs, cursor, options) => listIdentities({ fromMs }, cursor, options),
    timeOf: ({ updatedAt }) => Date.parse(updatedAt),
    firstLagMs: IDENTITY_LAG_MS,
    freshForMs: IDENTITY_FRESH_MS,
  })
  const pass = backlog && createBacklogPass({ backlog, listEvents, listIdentities })
  let readsUnderWay = 0
  return {
    event: async (id, at, { sender, ...options }) => {
      readsUnderWay += 1
      try {
        const known = await pass?.event(id, readsUnderWay)
        if (known && 'absentSince' in known) return await getAbsent({ id, at, sender }, options)
        return known ?? (await events.read({ id, at, sender }, options))
      } finally {
        readsUnderWay -= 1
      }
    },
    identity: async (id, at, { eventId, version = null, ...options }) => {
      const known = eventId === undefined ? null : await pass?.status(eventId, version)
      return known ?? (await identities.read({ id, at }, options))
    },
    unused: (eventId) => pass?.unused(eventId),
    close: async () => {
      await pass?.close()
      await Promise.all([events.close(), identities.close()])
    },
  }
}

/** The two listings as the readers use them. */
function listingsOf(paxos: PaxosClient) {
  return {
    listEvents: async (fromMs: number, cursor: string | null, options: CallOptions = {}): Promise<ListedPage<PaxosEvent>> => {
      const createdAt = { gte: new Date(fromMs).toISOString() }
      const page = await paxos.events.list({ createdAt, order: 'ASC', limit: PAGE, cursor, ...options })
      const last = page.events.at(-1)
      return {
        values: page.events.map((event) => ({ id: event.id, value: event })),
        nextCursor: page.nextCursor,
        reachedMs: last ? Date.parse(last.createdAt) : null,
      }
    },
    // List Identities filters by the time of change and orders by the time of creation (paxos/api.md 4.9), so a page does not tell how far
    // it has got.
    listIdentities: async (
      { fromMs, untilMs }: { fromMs: number; untilMs?: number },
      cursor: string | null,
      options: CallOptions = {},
    ): Promise<ListedPage<PaxosIdentity>> => {
      const updatedAt = { gte: new Date(fromMs).toISOString(), ...(untilMs === undefined ? {} : { lt: new Date(untilMs).toISOString() }) }
      const page = await paxos.identities.list({ updatedAt, order: 'ASC', limit: PAGE, cursor, ...options })
      return {
        values: page.identities.map((identity) => ({ id: identity.id, value: identity })),
        nextCursor: page.nextCursor,
        reachedMs: null,
      }
    },
  }
}
