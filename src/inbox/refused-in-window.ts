import type { Pool } from 'pg'

/** Deliveries that the receiver refused in a window, by answer. Samples: at most ten a second are kept, for 7 days. */
export interface RefusedGroup {
  readonly status: number
  /** The code of the refusal. */
  readonly reason: string
  readonly samples: number
  readonly firstAt: Date
  readonly lastAt: Date
  /** Distinct event ids of these samples that the inbox does not hold now: the loss list. Deliveries that were not read have no id. */
  readonly missing: number
}

/** Refused deliveries of the window by answer, most first. */
export async function readRefusedDeliveries(pool: Pool, { from, to }: { from: Date; to: Date }): Promise<RefusedGroup[]> {
  const { rows } = await pool.query<RefusedGroup>(
    `SELECT s.status, s.reason, count(*)::int AS samples, min(s.at) AS "firstAt", max(s.at) AS "lastAt",
       count(DISTINCT s.event_id) FILTER (WHERE i.event_id IS NULL)::int AS missing
     FROM delivery_sample AS s LEFT JOIN inbox_event AS i ON i.event_id = s.event_id
     WHERE s.status >= 400 AND s.at >= $1 AND s.at < $2 GROUP BY 1, 2 ORDER BY samples DESC, 1, 2`,
    [from, to],
  )
  return rows
}
