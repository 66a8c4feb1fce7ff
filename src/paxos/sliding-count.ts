/**
 * How many things happened within the last `seconds` seconds. Counted in whole seconds and never too few: a second leaves the
 * count only when all of it is older than the window. Constant memory, whatever the rate.
 */
export interface SlidingCount {
  /** One more, at `nowMs`. Times are milliseconds of a clock that never goes back. */
  add(nowMs: number): void
  total(nowMs: number): number
  /** How long until `count` of those now counted have left the window, milliseconds; 0 for none, the whole window for more than there are. */
  msUntilFreed(count: number, nowMs: number): number
  clear(): void
}

export function createSlidingCount(seconds: number): SlidingCount {
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
    newest = Math.max(newest, second)
  }

  return {
    add(nowMs) {
      advance(nowMs)
      buckets[newest % size]!++
      sum++
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
  }
}
