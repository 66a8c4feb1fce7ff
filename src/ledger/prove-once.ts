import type { Pool } from 'pg'
import { OPEN_ACCOUNT } from '../domain/account/account.ts'
import { SEND_NOTIFICATION } from '../domain/notification.ts'
import { CREATE_ACCOUNT } from '../domain/onboarding/account-effect.ts'
import { PLACE_ORDER } from '../domain/trade/order-stream.ts'
import { EXECUTE_QUOTE } from '../domain/trade/quote-execution-stream.ts'

/** Classes of effects that may happen once per key. */
export const ONCE_CLASSES = ['accounts', 'notifications', 'orders', 'others'] as const
export type OnceClass = (typeof ONCE_CLASSES)[number]

/** Effects of one class: the number of keys with a receipt, and the keys with more than one. */
export interface OnceCount {
  class: OnceClass
  keys: number
  /** Stream and step of keys with a second receipt or a second successful attempt; at most 100. */
  twice: { streamId: string; step: string; times: number }[]
}

/** The class of each kind of effect. A kind that is not named is in `others`. */
const CLASS_OF_KIND: Readonly<Record<string, OnceClass>> = {
  [CREATE_ACCOUNT]: 'accounts',
  [OPEN_ACCOUNT]: 'accounts',
  [SEND_NOTIFICATION]: 'notifications',
  [PLACE_ORDER]: 'orders',
  [EXECUTE_QUOTE]: 'orders',
}
const MOST_LISTED = 100

/** Counts receipts and successful attempts per key over the whole ledger. Reads each table once. */
export async function countOnce(pool: Pool): Promise<OnceCount[]> {
  const { rows } = await pool.query<OnceCount>(
    `WITH receipts AS (
       SELECT stream_id, data->>'step' AS step, count(*)::int AS times FROM ledger_entry WHERE kind = 'effect.done' GROUP BY 1, 2
     ), attempts AS (
       SELECT stream_id, step, count(*)::int AS times FROM effect_attempt WHERE code IS NULL GROUP BY 1, 2 HAVING count(*) > 1
     ), seen AS (
       SELECT stream_id, step, times, true AS receipt FROM receipts UNION ALL SELECT stream_id, step, times, false FROM attempts
     )
     SELECT coalesce(k.class, 'others') AS class, count(*) FILTER (WHERE s.receipt)::int AS keys,
       coalesce((jsonb_agg(jsonb_build_object('streamId', s.stream_id, 'step', s.step, 'times', s.times) ORDER BY s.stream_id, s.step)
         FILTER (WHERE s.times > 1)), '[]') AS twice
     FROM seen AS s LEFT JOIN effect AS f ON f.stream_id = s.stream_id AND f.step = s.step
       LEFT JOIN unnest($1::text[], $2::text[]) AS k (kind, class) ON k.kind = f.kind
     GROUP BY 1 ORDER BY 1`,
    [Object.keys(CLASS_OF_KIND), Object.values(CLASS_OF_KIND)],
  )
  return rows.map((row) => ({ ...row, twice: row.twice.slice(0, MOST_LISTED) }))
}

/** Accounts by identity, of the customers that have one. */
export async function readAccountIds(pool: Pool, identityIds: readonly string[] | null = null): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ identityId: string; accountId: string }>(
    `SELECT identity_id AS "identityId", account_id AS "accountId" FROM onboarding
     WHERE account_id IS NOT NULL AND ($1::text[] IS NULL OR identity_id = ANY ($1))`,
    [identityIds],
  )
  return new Map(rows.map(({ identityId, accountId }) => [identityId, accountId]))
}

/** Accounts with a recorded movement of money, most recent movement first. */
export async function accountsWithFlows(pool: Pool, limit: number): Promise<{ accountIds: string[]; total: number }> {
  const { rows } = await pool.query<{ accountId: string; total: number }>(
    `SELECT data->>'accountId' AS "accountId", count(*) OVER ()::int AS total FROM ledger_entry WHERE kind = 'flow'
     GROUP BY 1 ORDER BY max(at) DESC LIMIT $1`,
    [limit],
  )
  return { accountIds: rows.map(({ accountId }) => accountId), total: rows[0]?.total ?? 0 }
}
