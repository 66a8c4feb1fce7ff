import type { Pool } from 'pg'

/** A range of seqs from `gte` (inclusive) to `lt` (exclusive). Undefined: no bound. */
export interface SeqWindow {
  gte: bigint | undefined
  lt: bigint | undefined
}

/** Seqs follow the order of receiving, with deviations below this: simultaneous commits, and a clock that is set back. */
const SLACK_MS = 60_000

/**
 * Finds the seqs of a time window by binary search over the primary key. An index on the time would slow every delivery and serve only
 * operators. The range is a minute wider on both sides, so the caller compares `received_at` too.
 */
export async function seqWindow(pool: Pool, { from, to }: { from?: Date | undefined; to?: Date | undefined }): Promise<SeqWindow> {
  const [gte, lt] = await Promise.all([
    from && firstSeqSince(pool, new Date(from.getTime() - SLACK_MS)),
    to && firstSeqSince(pool, new Date(to.getTime() + SLACK_MS)),
  ])
  return { gte, lt }
}

/** The seq of the first event received at this time or later; one past the last event if there is none, 0 for an empty inbox. */
async function firstSeqSince(pool: Pool, at: Date): Promise<bigint> {
  const { rows } = await pool.query<{ seq: string }>(
    `WITH RECURSIVE halving AS (
       SELECT 0::bigint AS low, (SELECT coalesce(max(seq), 0) + 1 FROM inbox_event) AS high
       UNION ALL
       SELECT CASE WHEN earlier THEN probe.seq + 1 ELSE low END, CASE WHEN earlier THEN high ELSE middle END
       FROM (SELECT low, high, (low + high) / 2 AS middle FROM halving WHERE low < high) AS half
         -- An empty inbox has no row to probe: the halving then ends at 0.
         LEFT JOIN LATERAL (SELECT seq, received_at < $1 AS earlier FROM inbox_event WHERE seq >= middle ORDER BY seq LIMIT 1) AS probe ON true
     )
     SELECT low AS seq FROM halving WHERE low >= high`,
    [at],
  )
  return BigInt(rows[0]!.seq)
}
