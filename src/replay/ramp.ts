/** Customers that each stage of a run opens. The rest follows the last stage. */
export const RAMP = [1, 2, 5, 20, 50] as const
/** Most events of the rest in progress at once, so that live events wait behind few replayed ones. */
export const MOST_UNDER_WAY = 100
/** Fewer failures than this say nothing about the rest, which may have 100,000 events. */
const FEWEST_FAILURES_OF_REST = 10

/** Customers of the stage; null: the rest. Stages count from 1, and the ramp began at `rampFrom`. */
export function customersOf(stage: number, rampFrom: number): number | null {
  return RAMP[stage - rampFrom] ?? null
}

/** The state of an event of a stage: ended, or failed so often that it counts as failed. */
export interface StageItem {
  /** The error with which it ended or keeps failing; null: none. */
  errorCode: string | null
  /** The plan foresaw this error. */
  foreseen: boolean
}

/**
 * The cause (an error code) for which a run must stop; null to continue. A run stops when at least half of the stage's ended events failed
 * with one cause that the plan did not foresee.
 */
export function causeToStop(items: readonly StageItem[], { rest }: { rest: boolean }): string | null {
  const failures = items.filter(({ errorCode, foreseen }) => errorCode !== null && !foreseen)
  const [worst] = [...Map.groupBy(failures, ({ errorCode }) => errorCode)].toSorted(([, a], [, b]) => b.length - a.length)
  if (!worst) return null
  const [cause, same] = worst
  return same.length >= (rest ? FEWEST_FAILURES_OF_REST : 1) && 2 * same.length >= items.length ? cause : null
}
