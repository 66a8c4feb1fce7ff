/**
 * Counts what happened within the last `seconds` seconds, in whole seconds. It never counts too few: a second leaves the count only when
 * all of it is older than the window. The memory is constant at any rate.
 */
export interface SlidingCount {
  /** Counts `count` more at `nowMs`, one by default. Times are milliseconds of a monotonic clock. */
  add(nowMs: number, count?: number): void
  /** Removes `count` that were added at `atMs` and did not happen. */
  takeBack(atMs: number, count: number): void
  total(nowMs: number): number
  /** Milliseconds until `count` of the counted have left the window: 0 for none, the whole window for more than are counted. */
  msUntilFreed(count: number, nowMs: number): number
  clear(): void
  /** Plain data from which `createSlidingCount` continues. */
  kept(): KeptCount
}

export interface KeptCount {
  /** The second of the first count, since the clock's zero. */
  from: number
  counts: number[]
}

/** One closure over a ring of seconds: each method moves the ring before it reads it. `kept`: continues an earlier count. */
export function createSlidingCount(seconds: number, kept?: KeptCount): SlidingCount {
  const size = seconds + 1 // the current second and `seconds` whole ones
  const buckets = new Uint32Array(size)
  let newest = 0
  let sum = 0

  const advance = (nowMs: number): void => {
    const second = Math.floor(nowMs / 1000)
    for (let cleared = 0; newest < second && cleared < size; cleared++) {
      newest++
      sum -= buckets[newest % size] ?? 0
      buckets[newest % size] = 0
    }
    // After a pause longer than the window all counts are cleared, and the ring continues at the current second.
    newest = Math.max(newest, second)
  }

  const add = (nowMs: number, count: number): void => {
    advance(nowMs)
    buckets[newest % size]! += count
    sum += count
  }
  for (const [index, count] of kept?.counts.entries() ?? []) add((kept!.from + index) * 1000, count)

  return {
    add: (nowMs, count = 1) => add(nowMs, count),
    takeBack(atMs, count) {
      const second = Math.floor(atMs / 1000)
      if (second > newest || second <= newest - size) return
      const taken = Math.min(count, buckets[second % size]!)
      buckets[second % size]! -= taken
      sum -= taken
    },
    total(nowMs) {
      advance(nowMs)
      return sum
    },
    msUntilFreed(count, nowMs) {
      if (count <= 0) return 0
      advance(nowMs)
      let freed = 0
      for (let second = newest - seconds; second <= newest; second++) {
        freed += second < 0 ? 0 : (buckets[second % size] ?? 0)
        if (freed >= count) return (second + size) * 1000 - nowMs
      }
      return size * 1000
    },
    clear() {
      buckets.fill(0)
      sum = 0
    },
    kept() {
      const counts = Array.from(
        { length: Math.min(size, newest + 1) },
        (_, index) => buckets[(newest - Math.min(seconds, newest) + index) % size]!,
      )
      const first = Math.max(
        0,
        counts.findIndex((count) => count > 0),
      )
      return { from: newest - Math.min(seconds, newest) + first, counts: counts.slice(first) }
    },
  }
}
