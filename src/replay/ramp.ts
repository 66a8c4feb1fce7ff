/** How many customers each stage of a run opens; after the last one the rest follows. */
export const RAMP = [1, 2, 5, 20, 50] as const
/** Events of the rest that may be under way at once, so that live events wait behind few replayed ones. */
export const MOST_UNDER_WAY = 100
/** Fewer failures say nothing about the rest, which may have 100,000 events. */
const FEWEST_FAILURES_OF_REST = 10

/** Customers of the stage (numbered from 1, the ramp began at `rampFrom`); null: the rest. */
export function customersOf(stage: number, rampFrom: number): number | null {
  return RAMP[stage - rampFrom] ?? null
}

/** How an event of a stage stands: ended, or tried in vain so often that it counts as failed. */
export interface StageItem {
  /** The error that it ended or goes on failing with; null: none. */
  errorCode: string | null
  /** The plan said that it would end so. */
  foreseen: boolean
}

/**
 * Whether a run must stop: at least half of what a stage has ended with failed with one cause that the plan did not foresee. Returns the
 * cause (an error code), null to go on.
 */
export function causeToStop(items: readonly StageItem[], { rest }: { rest: boolean }): string | null {
  const failures = items.filter(({ errorCode, foreseen }) => errorCode !== null && !foreseen)
  const [worst] = [...Map.groupBy(failures, ({ errorCode }) => errorCode)].toSorted(([, a], [, b]) => b.length - a.length)
  if (!worst) return null
  const [cause, same] = worst
  return same.length >= (rest ? FEWEST_FAILURES_OF_REST : 1) && 2 * same.length >= items.length ? cause : null
}
