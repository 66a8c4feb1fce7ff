/** Counts up to this many rows are made anew each time: they take some milliseconds. */
const FEW = 50_000
/** A count of more is kept for so long, milliseconds for each row: two million rows, 20 s. Counting then takes about a hundredth of the time. */
const KEEP_MS_PER_ROW = 0.01

/**
 * A count by group that costs more the more there is, as a dashboard may ask for it: exact at any moment while that is cheap, else as
 * of some seconds ago. Where there are many, only the first one waits: a stale count is handed out while the next one is made.
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
    if (now() - kept.at > kept.total * KEEP_MS_PER_ROW) void renewOnce().catch(() => undefined) // the next one tries again
    return kept.counts
  }
}
