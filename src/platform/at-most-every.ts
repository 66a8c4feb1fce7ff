/**
 * Calls `work` at most once in `ms` milliseconds and tells it how many calls it stands for. What comes in between is counted and told with
 * the next call, so the last ones before a silence are only told if another one follows.
 */
export function atMostEvery<Args extends readonly unknown[]>(
  ms: number,
  work: (standsFor: number, ...args: Args) => void,
  now: () => number = () => performance.now(),
): (...args: Args) => void {
  let lastAt = Number.NEGATIVE_INFINITY
  let untold = 0
  return (...args) => {
    untold += 1
    if (now() - lastAt < ms) return
    lastAt = now()
    work(untold, ...args)
    untold = 0
  }
}
