import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { Logger } from '../platform/logger.ts'
import { LISTING_LAG_MS, readWindow } from './read-window.ts'
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

/** Overlap of each window with the one before, milliseconds: an event may become visible after its own time (assumed). */
const OVERLAP_MS = 10 * 60_000
/**
 * Length of the first window, milliseconds. Earlier events belong to another installation, and its old customers must not be adopted
 * unasked.
 */
const FIRST_WINDOW_MS = 60 * 60_000

/**
 * Finds every event that Paxos has and no webhook has brought. It reads List Events from the last watermark, less an overlap, up to 30 s
 * ago, and adds missing events to the inbox, where they are handled like any event. The watermark moves only when the whole window was
 * read. So neither silence of any length nor a sweep that dies loses an event (paxos/api.md 2.5: webhooks stop after 24 h, List Events is
 * the recovery). `null`: another worker is sweeping.
 */
export async function sweepEvents(parts: SweepParts): Promise<SweepWindow | null> {
  const claim = await claimSweep(parts.pool)
  if (!claim) return null
  try {
    return await sweepClaimed(parts, claim)
  } finally {
    await claim.release().catch(() => {}) // Postgres is away: the claim expires by itself
  }
}

async function sweepClaimed(parts: SweepParts, claim: SweepClaim): Promise<SweepWindow | null> {
  const toAt = new Date(parts.now() - LISTING_LAG_MS)
  const watermark = await readWatermark(parts.pool)
  const fromAt = watermark ? new Date(watermark.getTime() - OVERLAP_MS) : new Date(toAt.getTime() - FIRST_WINDOW_MS)
  if (toAt <= fromAt) return null
  const { eventIds, recovered, setAside, reopened } = await readWindow(parts, { fromAt, toAt }, () => claim.renew())
  const window = { fromAt, toAt, listed: eventIds.size, recovered }
  await recordWindow(parts.pool, window)
  if (reopened > 0)
    parts.logger.warn({ reopened, listed: window.listed }, 'the sweep reopened events that had been parked as unknown to Paxos')
  if (setAside > 0) parts.logger.warn({ setAside, listed: window.listed }, 'the sweep skipped unusable rows of List Events')
  if (window.recovered > 0)
    parts.logger.warn({ recovered: window.recovered, listed: window.listed }, 'the sweep found events that no webhook had brought')
  return window
}
