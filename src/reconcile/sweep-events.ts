import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { knownEvents } from '../inbox/known-events.ts'
import type { PaxosEvent } from '../paxos/events.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { Logger } from '../platform/logger.ts'
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
  const window = { fromAt, toAt, ...(await sweepWindow(parts, claim, fromAt, toAt)) }
  await recordWindow(parts.pool, window)
  if (window.recovered > 0)
    parts.logger.warn({ recovered: window.recovered, listed: window.listed }, 'the sweep found events that no webhook had brought')
  return window
}

async function sweepWindow(
  { pool, inbox, paxos }: SweepParts,
  claim: SweepClaim,
  fromAt: Date,
  toAt: Date,
): Promise<{ listed: number; recovered: number }> {
  const seen = new Set<string>()
  let recovered = 0
  let cursor: string | null = null
  do {
    const page: { events: PaxosEvent[]; nextCursor: string | null } = await paxos.events.list({
      createdAt: { gte: fromAt.toISOString(), lt: toAt.toISOString() },
      order: 'ASC',
      limit: PAGE,
      cursor,
    })
    await claim.renew()
    const fresh = page.events.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    const known = await knownEvents(
      pool,
      fresh.map(({ id }) => id),
    )
    const statuses = await Promise.all(fresh.filter(({ id }) => !known.has(id)).map((event) => inbox.accept(asReceived(event))))
    recovered += statuses.filter((status) => status === 'accepted').length // a webhook may have been faster after all
    // A page that holds nothing new although it names a next one would go round for ever.
    cursor = fresh.length > 0 ? page.nextCursor : null
  } while (cursor !== null)
  return { listed: seen.size, recovered }
}

function asReceived({ id, type, createdAt }: PaxosEvent) {
  return { eventId: id.toLowerCase(), type, occurredAt: new Date(createdAt), isTest: false, origin: 'sweep', bodySha256: null } as const
}
