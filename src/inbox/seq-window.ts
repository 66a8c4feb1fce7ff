import type { Pool } from 'pg'

/** Numbers of events: from (inclusive) and to (exclusive), each as far as it is bounded. */
export interface SeqWindow {
  gte: bigint | undefined
  lt: bigint | undefined
}

/** Numbers are given out in the order of receiving but for what is committed at the same moment, or over a clock that is set back a little. */
const SLACK_MS = 60_000

/**
 * Between which numbers the events of a stretch of time lie, found by halving over the primary key: an index on the time would cost
 * every delivery and serve only operators. A little wider than asked, so that the caller compares `received_at` too.
 */
export async function seqWindow(pool: Pool, { from, to }: { from?: Date | undefined; to?: Date | undefined }): Promise<SeqWindow> {
  const [gte, lt] = await Promise.all([
    from && firstSeqSince(pool, new Date(from.getTime() - SLACK_MS)),
    to && firstSeqSince(pool, new Date(to.getTime() + SLACK_MS)),
  ])
  return { gte, lt }
}

/** The first number at which events of this time or later begin; one past the last where there are none. */
async function firstSeqSince(pool: Pool, at: Date): Promise<bigint> {
  const { rows } = await pool.query<{ seq: string }>(
    `WITH RECURSIVE halving AS (
       SELECT 0::bigint AS low, (SELECT coalesce(max(seq), 0) + 1 FROM inbox_event) AS high
       UNION ALL
       SELECT CASE WHEN earlier THEN probe.seq + 1 ELSE low END, CASE WHEN earlier THEN high ELSE middle END
       FROM (SELECT low, high, (low + high) / 2 AS middle FROM halving WHERE low < high) AS half,
         LATERAL (SELECT seq, received_at < $1 AS earlier FROM inbox_event WHERE seq >= middle ORDER BY seq LIMIT 1) AS probe
     )
     SELECT low AS seq FROM halving WHERE low >= high`,
    [at],
  )
  return BigInt(rows[0]!.seq)
}
