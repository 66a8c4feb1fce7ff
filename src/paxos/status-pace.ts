/** How fast statuses of passes are used. */
export interface StatusPace {
  /** Statuses per millisecond. */
  perMs(): number
  /** Measures it when a pass begins: with calls slower than documented, more statuses than are used would only become stale. */
  measure(): void
}

export interface StatusPaceOptions {
  /** Milliseconds since 1970. */
  now: () => number
  /** Statuses that are ready, and those taken so far. */
  statuses(): { ready: number; taken: number }
  /** With fewer that are ready, the pace is not measured: the work may have waited for statuses. */
  enoughReady: number
}

/** Onboardings per millisecond at the documented 50 calls per second. */
const DOCUMENTED_PACE = 0.05
/** A shorter time between two passes says nothing about the pace. */
const PACE_AFTER_MS = 5_000

export function createStatusPace({ now, statuses, enoughReady }: StatusPaceOptions): StatusPace {
  let pace = { perMs: DOCUMENTED_PACE, at: Number.NEGATIVE_INFINITY, taken: 0 }
  return {
    perMs: () => pace.perMs,
    measure() {
      const { ready, taken } = statuses()
      const forMs = now() - pace.at
      if (forMs < PACE_AFTER_MS) return
      const measured = ready > enoughReady && taken > pace.taken
      pace = { perMs: measured ? (taken - pace.taken) / forMs : DOCUMENTED_PACE, at: now(), taken }
    },
  }
}
