import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { knownEvents } from '../inbox/known-events.ts'
import { evidenceOf, type PaxosEvent } from '../paxos/events.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { walkPages } from '../paxos/transport/walk-pages.ts'
import type { Logger } from '../platform/logger.ts'
import { canonicalId } from '../platform/opaque-id.ts'
import { claimSweep, type SweepClaim } from './sweep-claim.ts'
import { readWatermark, recordWindow, type SweepWindow } from './sweep-windows.ts'

export interface SweepParts {
  pool: Pool
  inbox: Inbox
  paxos: PaxosClient
  logger: Logger
  /** Milliseconds since 1970. */
  now: () => number
}

/** Events younger than this may still be on their way by webhook; they belong to the next window. */
const LAG_MS = 30_000
/** Each window reaches back over the end of the one before: an event may become visible a little after its own time (assumed). */
const OVERLAP_MS = 10 * 60_000
/** Before the first sweep: what happened earlier is another installation's, and nobody wants its old customers adopted unasked. */
const FIRST_WINDOW_MS = 60 * 60_000
const PAGE = 100
/** Two million events. A listing that goes on longer is broken, or an outage of months that needs a person. */
const MOST_PAGES = 20_000
/** What the inbox takes for an event id, as the receiver does. */
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Finds every event that Paxos has and no webhook has brought: reads List Events from the last watermark (less an overlap) to
 * half a minute ago, to its end, and puts what is missing into the inbox, where it goes the way of any event. The watermark
 * moves only when the whole window was read, so silence of whatever length, and a sweep that dies, lose nothing
 * (paxos/api.md 2.5: webhooks stop after 24 h, List Events is the recovery). `null`: another machine is sweeping.
 */
export async function sweepEvents(parts: SweepParts): Promise<SweepWindow | null> {
  const claim = await claimSweep(parts.pool)
  if (!claim) return null
  try {
    return await sweepClaimed(parts, claim)
  } finally {
    await claim.release().catch(() => {}) // Postgres is away: the claim ends by itself
  }
}

async function sweepClaimed(parts: SweepParts, claim: SweepClaim): Promise<SweepWindow | null> {
  const toAt = new Date(parts.now() - LAG_MS)
  const watermark = await readWatermark(parts.pool)
  const fromAt = watermark ? new Date(watermark.getTime() - OVERLAP_MS) : new Date(toAt.getTime() - FIRST_WINDOW_MS)
  if (toAt <= fromAt) return null
  const { setAside, reopened, ...swept } = await sweepWindow(parts, claim, { fromAt, toAt })
  const window = { fromAt, toAt, ...swept }
  await recordWindow(parts.pool, window)
  if (reopened > 0)
    parts.logger.warn({ reopened, listed: window.listed }, 'the sweep reopened events that had been parked as unknown to Paxos')
  if (setAside > 0) parts.logger.warn({ setAside, listed: window.listed }, 'the sweep skipped unusable rows of List Events')
  if (window.recovered > 0)
    parts.logger.warn({ recovered: window.recovered, listed: window.listed }, 'the sweep found events that no webhook had brought')
  return window
}

interface Swept {
  listed: number
  recovered: number
  /** Events that had been parked as unknown to Paxos, and that it lists after all. */
  reopened: number
  /** Rows of the listing that cannot be used. */
  setAside: number
}

async function sweepWindow(
  { pool, inbox, paxos }: SweepParts,
  claim: SweepClaim,
  { fromAt, toAt }: { fromAt: Date; toAt: Date },
): Promise<Swept> {
  const createdAt = { gte: fromAt.toISOString(), lt: toAt.toISOString() }
  const readPage = (cursor: string | null) => paxos.events.list({ createdAt, order: 'ASC', limit: PAGE, cursor })
  const seen = new Set<string>()
  let recovered = 0
  let setAside = 0
  let reopened = 0
  for await (const page of walkPages(readPage, { operation: 'events.list', mostPages: MOST_PAGES })) {
    await claim.renew()
    const usable = page.events.filter(({ id }) => EVENT_ID.test(id))
    setAside += page.oddRows + page.events.length - usable.length
    const fresh = usable.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    const known = await knownEvents(
      pool,
      fresh.map(({ id }) => id),
    )
    const statuses = await Promise.all(fresh.filter(({ id }) => !known.has(id)).map((event) => inbox.accept(asReceived(event))))
    recovered += statuses.filter((status) => status === 'accepted').length // a webhook may have been faster after all
    // Whatever had come before: what Paxos lists is proven, and nothing of it may stay parked as unknown.
    const proven = await inbox.prove(fresh.map((event) => ({ eventId: event.id.toLowerCase(), evidence: evidenceOf(event) })))
    reopened += proven.reopened
  }
  return { listed: seen.size, recovered, reopened, setAside }
}

function asReceived({ id, type, createdAt }: PaxosEvent) {
  return { eventId: canonicalId(id), type, occurredAt: new Date(createdAt), isTest: false, origin: 'sweep', bodySha256: null } as const
}
