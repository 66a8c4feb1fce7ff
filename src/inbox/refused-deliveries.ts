import type { Pool } from 'pg'

/** Deliveries that Gatehouse refused by its own fault (503), since a time. Samples: at most ten a second are kept. */
export interface RefusedDeliveries {
  readonly samples: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** Null: none is on record. */
export async function refusedDeliveries(pool: Pool, since: Date | null): Promise<RefusedDeliveries | null> {
  const { rows } = await pool.query<{ samples: number; firstAt: Date | null; lastAt: Date | null }>(
    `SELECT count(*)::int AS samples, min(at) AS "firstAt", max(at) AS "lastAt" FROM delivery_sample
     WHERE status = 503 AND at > coalesce($1, '-infinity'::timestamptz)`,
    [since],
  )
  const { samples = 0, firstAt = null, lastAt = null } = rows[0] ?? {}
  return firstAt && lastAt ? { samples, firstAt, lastAt } : null
}
