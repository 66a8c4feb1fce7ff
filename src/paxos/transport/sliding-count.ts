/**
 * How many things happened within the last `seconds` seconds. Counted in whole seconds and never too few: a second leaves the
 * count only when all of it is older than the window. Constant memory, whatever the rate.
 */
export interface SlidingCount {
  /** So many more, one unless told, at `nowMs`. Times are milliseconds of a clock that never goes back. */
  add(nowMs: number, count?: number): void
  /** Takes back what was added at `atMs`, and turned out not to happen. */
  takeBack(atMs: number, count: number): void
  total(nowMs: number): number
  /** How long until `count` of those now counted have left the window, milliseconds; 0 for none, the whole window for more than there are. */
  msUntilFreed(count: number, nowMs: number): number
  clear(): void
  /** As plain data, from which `createSlidingCount` goes on. */
  kept(): KeptCount
}

export interface KeptCount {
  /** The second that `counts` begins with, since the clock's own beginning. */
  from: number
  counts: number[]
}

export function createSlidingCount(seconds: number, kept?: KeptCount): SlidingCount {
  const size = seconds + 1 // the second under way and `seconds` whole ones
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
    // After a silence of more than the window everything is cleared, and the ring goes on where the clock stands.
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
