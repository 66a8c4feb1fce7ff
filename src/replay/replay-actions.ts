import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from '../platform/app-error.ts'
import { type Approval, approveReplay } from './approve-replay.ts'
import { type ReplayParts, startPlan } from './plan-replay.ts'
import { continuePlan } from './preview-items.ts'
import { filterForNew, getReplay, type ReplayView } from './read-replay.ts'
import type { ReplayFilter } from './replay-filter.ts'
import { readHead } from './replay-record.ts'
import { advanceRun } from './run-replay.ts'
import { type Steering, steerReplay } from './steer-replay.ts'

/** Operators' actions on replays. */
export interface ReplayActions {
  /**
   * Chooses events and previews a replay; changes nothing else. Answers after `waitMs` milliseconds at the latest, with a plan that may
   * still be `planning`. A runner then continues it. @throws UsageError
   */
  planReplay(filter: ReplayFilter, by: string, options?: { waitMs?: number }): Promise<ReplayView>
  /** Continues a plan in state `planning`, or waits for the planner that does, for `waitMs` milliseconds. @throws UsageError */
  continuePlan(id: string, options: { waitMs: number }): Promise<ReplayView>
  /** Plans the failures since this replay was planned, by the same filter. */
  planNewSince(id: string, by: string, options?: { waitMs?: number }): Promise<ReplayView>
  /**
   * Approves a plan and opens its first stage. A runner continues it. @throws ReplayStateError, ReplayExpiredError, ReplaySecondPersonError
   */
  approveReplay(id: string, approval: Approval): Promise<ReplayView>
  /** @throws ReplayStateError, UsageError */
  steerReplay(id: string, steering: Steering, by: { by: string; reason: string }): Promise<ReplayView>
  getReplay(id: string): Promise<ReplayView | null>
}

/** How long a request for a plan waits for it, milliseconds. */
const QUICK_MS = 3_000

export function createReplayActions(parts: ReplayParts): ReplayActions {
  const view = async (id: string): Promise<ReplayView> => {
    const replay = await getReplay(parts.pool, id)
    if (!replay) throw new UsageError(`unknown replay ${id}`)
    return replay
  }
  const plan = async (filter: ReplayFilter, by: string, waitMs: number): Promise<ReplayView> => {
    const planner = randomUUID()
    const id = await startPlan(parts, filter, { by, planner })
    await waitAtMost(waitMs, continuePlan(parts, id, { planner, until: parts.now() + waitMs, wait: (ms) => sleep(ms) }))
    return view(id)
  }
  return {
    planReplay: (filter, by, { waitMs = QUICK_MS } = {}) => plan(filter, by, waitMs),
    continuePlan: async (id, { waitMs }) => {
      const until = parts.now() + waitMs
      await waitAtMost(waitMs, continuePlan(parts, id, { until, wait: (ms) => sleep(ms) }))
      const replay = await view(id)
      if (replay.state !== 'planning') return replay
      await sleep(Math.max(0, until - parts.now())) // another process has the lease
      return view(id)
    },
    planNewSince: async (id, by, { waitMs = QUICK_MS } = {}) => {
      const head = await readHead(parts.pool, id)
      if (!head) throw new UsageError(`unknown replay ${id}`)
      return plan(filterForNew(head), by, waitMs)
    },
    approveReplay: async (id, approval) => {
      await approveReplay(parts, id, approval)
      // The approval is stored. If the first stage cannot be opened now, a runner opens it.
      await advanceRun(parts, id, { wait: true }).catch(() => undefined)
      return view(id)
    },
    steerReplay: async (id, steering, by) => {
      await steerReplay(parts, id, steering, by)
      return view(id)
    },
    getReplay: (id) => getReplay(parts.pool, id),
  }
}

/**
 * Waits for `work`, for `waitMs` milliseconds at most. A step may take longer and continues in the background. The runner that continues
 * the plan meets and logs its failure.
 */
async function waitAtMost(waitMs: number, work: Promise<void>): Promise<void> {
  const given = new AbortController()
  const late = sleep(waitMs, undefined, { signal: given.signal, ref: false }).catch(() => undefined)
  work.catch(() => undefined)
  await Promise.race([work, late]).finally(() => given.abort())
}
