import type { ReplayParts } from '../../src/replay/plan-replay.ts'
import type { ReplayView } from '../../src/replay/read-replay.ts'
import { createReplayActions } from '../../src/replay/replay-actions.ts'
import type { ReplayFilter } from '../../src/replay/replay-filter.ts'
import { advanceRun } from '../../src/replay/run-replay.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { eventually } from '../saga/world.ts'

export const parts = (pipeline: Pipeline, more: Partial<ReplayParts> = {}): ReplayParts => ({
  ...pipeline,
  ...{ now: Date.now, secondPersonAbove: null },
  ...more,
})

export function planReplay(given: ReplayParts, filter: ReplayFilter, by: string): Promise<ReplayView> {
  return createReplayActions(given).planReplay(filter, by, { waitMs: 20_000 })
}

/** Approves, and reopens the first stage. */
export function approveReplay(given: ReplayParts, id: string, approval: { by: string; reason: string }): Promise<ReplayView> {
  return createReplayActions(given).approveReplay(id, approval)
}

/** Advances the run as far as it goes without an operator, as a runner does. */
export async function runToEnd(given: ReplayParts, id: string): Promise<ReplayView> {
  const { getReplay } = createReplayActions(given)
  const ended = await eventually(
    async () => {
      await advanceRun(given, id)
      return getReplay(id)
    },
    (seen) => seen === null || !['approved', 'running'].includes(seen.state),
  )
  if (!ended) throw new Error(`there is no replay ${id}`)
  return ended
}
