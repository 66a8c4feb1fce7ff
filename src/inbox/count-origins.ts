import type { Pool } from 'pg'

/** How the inbox got these events. Events that it lacks are not counted. */
export interface OriginCounts {
  byWebhook: number
  bySweep: number
  /** Those of `bySweep` that were received at or after `since`. */
  foundSince: number
}

const IDS_PER_QUERY = 10_000

/** Counts real events by origin. A delivery that called itself a test does not count. */
export async function countOrigins(pool: Pool, eventIds: readonly string[], since: Date): Promise<OriginCounts> {
  const counts = { byWebhook: 0, bySweep: 0, foundSince: 0 }
  for (let at = 0; at < eventIds.length; at += IDS_PER_QUERY) {
    const { rows } = await pool.query<{ webhook: number; sweep: number; since: number }>(
      `SELECT count(*) FILTER (WHERE origin = 'webhook')::int AS webhook, count(*) FILTER (WHERE origin = 'sweep')::int AS sweep,
         count(*) FILTER (WHERE origin = 'sweep' AND received_at >= $2)::int AS since
       FROM inbox_event WHERE event_id = ANY ($1::text[]) AND NOT is_test`,
      [eventIds.slice(at, at + IDS_PER_QUERY), since],
    )
    const { webhook, sweep, since: found } = rows[0]!
    counts.byWebhook += webhook
    counts.bySweep += sweep
    counts.foundSince += found
  }
  return counts
}
