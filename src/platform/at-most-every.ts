/**
 * Calls `work` at most once in `ms` milliseconds, with the number of calls since the last one. Calls in between are only counted. The last
 * ones before a pause are reported with the next call, if one follows.
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
