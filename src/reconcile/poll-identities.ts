import { READ_IDENTITY } from '../domain/onboarding/onboarding.ts'
import { sameDetails } from '../domain/onboarding/status-details.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { KnownStatus } from '../ledger/read-statuses.ts'
import type { PaxosIdentity } from '../paxos/identities.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { walkPages } from '../paxos/transport/walk-pages.ts'
import type { PollPosition } from './poll-position.ts'

export interface IdentityPollParts {
  inbox: Pick<Inbox, 'setTimer' | 'waiting'>
  paxos: { identities: Pick<PaxosClient['identities'], 'list'> }
  /** The records of these identities. Those without an onboarding are left out. */
  knownStatuses: (identityIds: readonly string[]) => Promise<KnownStatus[]>
  /** Customers with Paxos's last status ERROR. */
  frozen: () => Promise<KnownStatus[]>
  save: (position: PollPosition) => Promise<void>
  /** Milliseconds since 1970. */
  now: () => number
}

/** The result of one round. */
export interface IdentityPollReport {
  listed: number
  /** Identities that are read again because Paxos and the record differ. */
  differing: number
  /** False while unread events wait: they bring most of the changes by themselves. */
  whole: boolean
}

const PAGE = 100
/** A younger change still has its event in transit, milliseconds. ERROR has no event, so it counts at once. */
const SETTLE_MS = 60_000
/** Overlap of each window with the one before, milliseconds: a change may become visible after its own time (assumed). */
const OVERLAP_MS = 180_000
/** Length of the first window, milliseconds. */
const FIRST_WINDOW_MS = 3_600_000
/** 200,000 changed identities. A longer listing is broken or follows an outage. The walk finds the rest. */
const MOST_PAGES = 2_000
/** Pages of the walk in one round: 1,000 identities, with a period of 60 s 1.4 million a day. */
const WALK_PAGES = 10
/** If this many events have waited longer than `SETTLE_MS`, the backlog goes first. */
const BACKLOG = 20

/**
 * Compares Paxos's identities with the record, by lists and never one by one. It sets the timer `read-identity` for each difference, and
 * the worker then reads the identity. Three parts:
 *
 * - Frozen identities: Paxos has no event for ERROR (paxos/api.md 2.7). So it lists them all by status, and checks those that are frozen
 *   here and missing there.
 * - Identities that changed since the last round, with an overlap: requirements and controls that no event reported.
 * - A part of a walk over all identities. It continues where it stopped and restarts at the end. It finds what the time of change misses.
 */
export async function pollIdentities(parts: IdentityPollParts, position: PollPosition): Promise<IdentityPollReport> {
  const round = new Round(parts)
  await round.compareFrozen()
  if (await hasBacklog(parts)) return { ...round.report, whole: false }
  const changed = await round.compareChanged(position)
  await round.walk(changed)
  return { ...round.report, whole: true }
}

async function hasBacklog({ inbox, now }: IdentityPollParts): Promise<boolean> {
  const waiting = await inbox.waiting(BACKLOG)
  return waiting.length === BACKLOG && waiting.every(({ occurredAt }) => now() - occurredAt.getTime() > SETTLE_MS)
}

class Round {
  readonly report = { listed: 0, differing: 0 }
  readonly #parts: IdentityPollParts
  readonly #startedMs: number

  constructor(parts: IdentityPollParts) {
    this.#parts = parts
    this.#startedMs = parts.now()
  }

  async compareFrozen(): Promise<void> {
    const listed = new Set<string>()
    const readPage = (cursor: string | null) =>
      this.#parts.paxos.identities.list({ status: 'ERROR', order: 'ASC', limit: PAGE, cursor, priority: 'live' })
    for await (const { identities } of walkPages(readPage, LISTING)) {
      for (const { id } of identities) listed.add(id)
      await this.#compare(identities)
    }
    const thawed = (await this.#parts.frozen()).filter(({ identityId }) => !listed.has(identityId))
    await this.#readAgain(thawed.map(({ identityId }) => identityId))
  }

  async compareChanged({ changedFrom, walkedTo }: PollPosition): Promise<PollPosition> {
    const from = changedFrom ? changedFrom.getTime() - OVERLAP_MS : this.#startedMs - FIRST_WINDOW_MS
    const updatedAt = { gte: new Date(from).toISOString() }
    const readPage = (cursor: string | null) =>
      this.#parts.paxos.identities.list({ updatedAt, order: 'ASC', limit: PAGE, cursor, priority: 'replay' })
    for await (const { identities } of walkPages(readPage, LISTING)) await this.#compare(this.#settled(identities))
    const position = { changedFrom: new Date(this.#startedMs), walkedTo }
    await this.#parts.save(position)
    return position
  }

  async walk({ changedFrom, walkedTo }: PollPosition): Promise<void> {
    let last = walkedTo
    let cursor: string | null = null
    for (let pages = 0; pages < WALK_PAGES; pages += 1) {
      const created = walkedTo === null ? {} : { createdAt: { gte: walkedTo } }
      const page = await this.#parts.paxos.identities.list({ ...created, order: 'ASC', limit: PAGE, cursor, priority: 'replay' })
      await this.#compare(this.#settled(page.identities))
      last = page.identities.at(-1)?.createdAt ?? last
      cursor = page.nextCursor
      if (cursor === null) break
    }
    await this.#parts.save({ changedFrom, walkedTo: cursor === null ? null : last })
  }

  #settled(identities: readonly PaxosIdentity[]): PaxosIdentity[] {
    return identities.filter(({ updatedAt }) => this.#startedMs - Date.parse(updatedAt) > SETTLE_MS)
  }

  async #compare(identities: readonly PaxosIdentity[]): Promise<void> {
    this.report.listed += identities.length
    if (identities.length === 0) return
    const known = await this.#parts.knownStatuses(identities.map(({ id }) => id))
    const byId = new Map(known.map((status) => [status.identityId, status]))
    await this.#readAgain(identities.filter((identity) => differs(byId.get(identity.id), identity)).map(({ id }) => id))
  }

  async #readAgain(identityIds: readonly string[]): Promise<void> {
    this.report.differing += identityIds.length
    const dueAt = new Date(this.#startedMs)
    for (const identityId of identityIds) await this.#parts.inbox.setTimer({ streamId: identityId, name: READ_IDENTITY, dueAt, identityId })
  }
}

const LISTING = { operation: 'identities.list', mostPages: MOST_PAGES }

/**
 * An identity without an onboarding is not opened here: its events do that, and the sweep finds missed ones. A listing without details does
 * not count as "no details": it may leave them out (assumed), and events report lifted controls.
 */
function differs(known: KnownStatus | undefined, { status, statusDetails }: PaxosIdentity): boolean {
  if (!known) return false
  return known.identityStatus !== status || (statusDetails != null && !sameDetails(known.statusDetails, statusDetails))
}
