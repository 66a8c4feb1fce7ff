import type { Pool } from 'pg'

/** One row that something must happen to before a time. */
export interface RunningRow {
  /** The order, the quote, the execution or the customer. */
  readonly id: string
  readonly startedAt: Date
}

export interface RunningQuote {
  readonly id: string
  readonly market: string
  readonly expiresAt: Date
}

/** Orders that are not known to be at Paxos, oldest first. */
export async function unconfirmedOrders(pool: Pool, limit: number): Promise<RunningRow[]> {
  const { rows } = await pool.query<RunningRow>(
    `SELECT order_id AS id, requested_at AS "startedAt" FROM trade_order WHERE state IN ('submitting', 'unknown') ORDER BY requested_at LIMIT $1`,
    [limit],
  )
  return rows
}

/** Held quotes that have not expired, the next to expire first. */
export async function liveQuotes(pool: Pool, { now, limit }: { now: Date; limit: number }): Promise<RunningQuote[]> {
  const { rows } = await pool.query<RunningQuote>(
    `SELECT quote_id AS id, market, expires_at AS "expiresAt" FROM held_quote WHERE expires_at > $1 ORDER BY expires_at LIMIT $2`,
    [now, limit],
  )
  return rows
}

/**
 * Customers in a KYC refresh that is not overdue, with the time at which Gatehouse learnt of it, longest first. A refresh whose start is not on
 * record is left out.
 */
export async function runningRefreshes(pool: Pool, limit: number): Promise<RunningRow[]> {
  const { rows } = await pool.query<RunningRow>(
    `SELECT o.identity_id AS id, started.at AS "startedAt" FROM onboarding AS o
     CROSS JOIN LATERAL (
       SELECT max(e.intended_at) AS at FROM effect AS e
       WHERE e.stream_id = o.identity_id AND e.kind = 'send-notification' AND e.name = 'kyc_refresh_started'
     ) AS started
     WHERE o.status_details IS NOT NULL AND o.status_details @> '{"requirements": [{"type": "KYC_REFRESH"}]}'
       AND NOT o.status_details @> '{"requirements": [{"codes": ["KYC_REFRESH_OVERDUE"]}]}' AND started.at IS NOT NULL
     ORDER BY started.at LIMIT $1`,
    [limit],
  )
  return rows
}
