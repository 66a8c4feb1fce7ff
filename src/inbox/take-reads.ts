import type { Pool } from 'pg'

/** What a key may have. */
export interface TakenReads {
  granted: number
  demoted: boolean
}

/** The budget of Paxos is an average over five minutes, of which Gatehouse leaves 3 % unused. */
const WINDOW_SECONDS = 300
const USED_SHARE = 0.97
/** A key that was used within this time has a share. */
const LIVE_FOR = "interval '1 hour'"
/** The share of one key is never more than that of one of two: a second key, new or rarely used, finds its share untouched. */
const LEAST_KEYS = 2

/**
 * Takes up to `wanted` single reads from the quota of one key, in one statement: a token bucket in the key's row, so that it holds for all
 * processes. `perSecond` is the limit of all single reads of unproven events together. The bucket holds half of what the key may
 * have in five minutes and is filled with the other half meanwhile, so that in no five minutes it gives out more than the key's share. A demoted key
 * gets none.
 */
export async function takeReads(
  pool: Pool,
  { slot, wanted, perSecond }: { slot: string; wanted: number; perSecond: number },
): Promise<TakenReads> {
  const room = perSecond * WINDOW_SECONDS * USED_SHARE
  for (;;) {
    const { rows } = await pool.query<TakenReads>(
      `WITH live AS (
         SELECT greatest(${LEAST_KEYS}, count(*)) AS keys FROM webhook_key WHERE greatest(last_used_at, reads_at) > now() - ${LIVE_FOR}
       ), locked AS MATERIALIZED (
         SELECT k.slot, k.demoted_at IS NOT NULL AS demoted, $3::float8 / live.keys / 2 AS most,
           extract(epoch FROM clock_timestamp() - k.reads_at)::float8 / ${WINDOW_SECONDS} AS filled, k.reads_left
         FROM webhook_key AS k, live WHERE k.slot = $1 FOR UPDATE OF k
       ), counted AS (
         SELECT slot, demoted, least(most, coalesce(reads_left + most * filled, most)) AS free FROM locked
       ), taken AS (
         SELECT slot, demoted, free, CASE WHEN demoted THEN 0 ELSE least($2::integer, floor(free)::integer) END AS granted FROM counted
       )
       UPDATE webhook_key AS k SET reads_left = t.free - t.granted, reads_at = clock_timestamp() FROM taken AS t WHERE k.slot = t.slot
       RETURNING t.granted, t.demoted`,
      [slot, wanted, room],
    )
    if (rows[0]) return rows[0]
    await pool.query('INSERT INTO webhook_key (slot) VALUES ($1) ON CONFLICT DO NOTHING', [slot])
  }
}
