/** By whatever clock the global `setTimeout` goes by, so a simulated one too; that of node:timers/promises is always the real one. */
export function sleepByClock(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
