/** Values of pages that no caller asked for yet, for a limited time. */
export interface PageCache<Value> {
  /** Gives a value once: a second read must ask Paxos again. */
  take(id: string): Value | undefined
  keep(values: readonly { id: string; value: Value }[]): void
}

const MOST_CACHED = 20_000

/** `freshForMs`: how long a value serves, milliseconds; 0 keeps none. It keeps the newest 20,000 values. */
export function createPageCache<Value>({ freshForMs, now }: { freshForMs: number; now: () => number }): PageCache<Value> {
  const cache = new Map<string, { value: Value; until: number }>()
  return {
    take(id) {
      const hit = cache.get(id)
      cache.delete(id)
      return hit && hit.until > now() ? hit.value : undefined
    },
    keep(values) {
      if (freshForMs === 0) return
      const until = now() + freshForMs
      for (const { id, value } of values) {
        cache.delete(id) // keeps the oldest first
        cache.set(id, { value, until })
      }
      for (const [id, hit] of cache) {
        if (hit.until > now() && cache.size <= MOST_CACHED) return
        cache.delete(id)
      }
    },
  }
}
