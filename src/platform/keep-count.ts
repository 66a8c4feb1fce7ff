/** Up to this many rows are counted again each time: that takes some milliseconds. */
const FEW = 50_000
/** A larger count is kept this long for each row, milliseconds: for two million rows 20 s. So counting takes about 1 % of the time. */
const KEEP_MS_PER_ROW = 0.01

/**
 * Keeps an expensive count by group for dashboards. While counting is cheap the count is exact; else it is some seconds old. With many rows
 * only the first caller waits: others get the old count while the next one is made.
 */
export function keepCount<Counts extends object>(
  count: () => Promise<Counts>,
  now: () => number = () => performance.now(),
): () => Promise<Counts> {
  let kept: { counts: Counts; total: number; at: number } | null = null
  let counting: Promise<Counts> | null = null
  const renew = async (): Promise<Counts> => {
    const at = now()
    const counts = await count()
    const total = Object.values(counts).reduce((sum: number, each: number) => sum + each, 0)
    kept = { counts, total, at }
    return counts
  }
  const renewOnce = (): Promise<Counts> => {
    counting ??= renew().finally(() => {
      counting = null
    })
    return counting
  }
  return async () => {
    if (kept === null) return renewOnce()
    if (kept.total <= FEW) return renew()
    if (now() - kept.at > kept.total * KEEP_MS_PER_ROW) void renewOnce().catch(() => undefined) // the next call tries again
    return kept.counts
  }
}
