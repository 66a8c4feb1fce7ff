import type { Pool } from 'pg'
import type { HeldQuote } from '../domain/trade/quote-execution.ts'

/** How long an expired quote is kept, so that executing it fails as expired and not as unknown. */
const KEPT_AFTER_END = '1 hour'

/** Stores quotes that Paxos listed, each with its own time of expiry, and deletes those that expired an hour ago. */
export async function rememberQuotes(pool: Pool, quotes: readonly HeldQuote[]): Promise<void> {
  await pool.query(
    `WITH over AS (DELETE FROM held_quote WHERE expires_at < now() - interval '${KEPT_AFTER_END}')
     INSERT INTO held_quote (quote_id, market, side, price, base_asset, quote_asset, expires_at)
     SELECT q->>'quoteId', q->>'market', q->>'side', (q->>'price')::numeric, q->>'baseAsset', q->>'quoteAsset',
       to_timestamp((q->>'expiresAt')::float8 / 1000)
     FROM jsonb_array_elements($1::jsonb) q ON CONFLICT (quote_id) DO NOTHING`,
    [JSON.stringify(quotes)],
  )
}

/** A quote that Gatehouse has listed; null: unknown, or expired more than an hour ago. */
export async function findHeldQuote(pool: Pool, quoteId: string): Promise<HeldQuote | null> {
  const { rows } = await pool.query<HeldQuote>(
    `SELECT quote_id AS "quoteId", market, side, price::text AS price, base_asset AS "baseAsset", quote_asset AS "quoteAsset",
       extract(epoch FROM expires_at)::float8 * 1000 AS "expiresAt"
     FROM held_quote WHERE quote_id = $1`,
    [quoteId],
  )
  return rows[0] ?? null
}
