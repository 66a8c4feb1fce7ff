import type { Pool } from 'pg'
import { seqWindow } from './seq-window.ts'

/** Recent events of the inbox. */
export interface RecentFlow {
  /** Number of real events. */
  received: number
  confirmed: number
  /** Seconds from the receipt of the event that made a customer ready until the application was told; null: no customer became ready. */
  toReady: { p50: number; p95: number; p99: number; customers: number } | null
}

/** Most events that are read. */
const MOST_EVENTS = 20_000

/** The flow of the newest 20,000 events received since then. */
export async function readRecentFlow(pool: Pool, since: Date): Promise<RecentFlow> {
  const { gte = 0n } = await seqWindow(pool, { from: since })
  const { rows } = await pool.query<{ received: number; confirmed: number; ready: number; seconds: number[] | null }>(
    `SELECT count(*)::int AS received, (count(*) FILTER (WHERE trust = 'confirmed'))::int AS confirmed,
       (count(*) FILTER (WHERE outcome IN ('moved:ready', 'resumed:ready')))::int AS ready,
       percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - received_at)::float8)
         FILTER (WHERE outcome IN ('moved:ready', 'resumed:ready')) AS seconds
     FROM (SELECT trust, outcome, completed_at, received_at FROM inbox_event
       WHERE seq >= $1 AND received_at >= $2 AND NOT is_test ORDER BY seq DESC LIMIT ${MOST_EVENTS}) AS recent`,
    [gte, since],
  )
  const { received, confirmed, ready, seconds } = rows[0]!
  const [p50, p95, p99] = seconds ?? []
  const toReady = p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99, customers: ready }
  return { received, confirmed, toReady }
}
