import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchDatabase } from './database.ts'
import type { Upstream, UpstreamCounts } from './upstream.ts'

/** One of the opened account and one of the approval: every measured design sends both. */
export const NOTICES_PER_ONBOARDING = 2

/** A run without progress for this time has failed. */
const PATIENCE_MS = 30_000

/**
 * Waits until upstream has accepted this many notifications since its events were loaded, and this many onboardings are ready. It waits for the notifications
 * first, which are cheap to count; the rows follow within milliseconds.
 */
export async function untilReady(
  upstream: Upstream,
  database: BenchDatabase,
  { notices, ready }: { notices: number; ready: number },
): Promise<void> {
  let seen = ''
  let changedAt = performance.now()
  for (;;) {
    await sleep(5)
    const counts = await upstream.ask<UpstreamCounts>('counts')
    const rows = counts.notices < notices ? null : await readyRows(database)
    if (rows !== null && rows >= ready) return
    const current = `${counts.notices} of ${notices} notices, ${rows ?? 'fewer'} of ${ready} ready`
    if (current !== seen) changedAt = performance.now()
    else if (performance.now() - changedAt > PATIENCE_MS) throw new Error(`no progress for ${PATIENCE_MS / 1_000} s: ${current}`)
    seen = current
  }
}

export async function readyRows(database: BenchDatabase): Promise<number> {
  const [row] = await database.query<{ count: string }>("SELECT count(*) FROM onboarding WHERE state = 'ready' AND updated_at >= $1", [
    database.since,
  ])
  return Number(row?.count)
}
