/** Sleeps by the clock of the global `setTimeout`, which may be simulated; node:timers/promises always uses the real one. */
export function sleepByClock(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
