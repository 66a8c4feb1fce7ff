import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { ReplayParts } from './plan-replay.ts'
import { continuePlan } from './preview-items.ts'
import { advanceRun } from './run-replay.ts'

/** Pauses of a runner between rounds, milliseconds: while replays progress, and while none does. */
const BUSY_MS = 200
const IDLE_MS = 1_000
/** How long a runner continues one plan before it looks for others. */
const PLAN_SLICE_MS = 10_000
const MOST_AT_ONCE = 5

/**
 * Plans and runs replays in the background, in every operator and worker process. Leases and row locks share the work, and another process
 * continues what a dead one left. Returns a function that stops it and waits for the current step.
 */
export function startReplayRunner(parts: ReplayParts, logger: Logger): () => Promise<void> {
  const stopping = new AbortController()
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
  const keep = async (work: () => Promise<boolean>): Promise<void> => {
    while (!stopping.signal.aborted) {
      const busy = await work().catch((error: unknown) => {
        logger.warn({ reason: errorMessage(error) }, 'a round of the replay runner failed; retrying')
        return false
      })
      await wait(busy ? BUSY_MS : IDLE_MS)
    }
  }
  const planning = keep(async () => {
    const ids = await activeReplays(parts, ['planning'])
    const options = { until: parts.now() + PLAN_SLICE_MS, stopped: () => stopping.signal.aborted, wait }
    await Promise.all(ids.map((id) => continuePlan(parts, id, options)))
    return ids.length > 0
  })
  const running = keep(async () => {
    const ids = await activeReplays(parts, ['approved', 'running', 'paused', 'cancelled'])
    for (const id of ids) await advanceRun(parts, id)
    return ids.length > 0
  })
  return async () => {
    stopping.abort()
    await Promise.all([planning, running])
  }
}

async function activeReplays({ pool }: ReplayParts, states: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM replay WHERE active AND state = ANY ($1::text[]) ORDER BY planned_at LIMIT $2',
    [states, MOST_AT_ONCE],
  )
  return rows.map(({ id }) => id)
}
