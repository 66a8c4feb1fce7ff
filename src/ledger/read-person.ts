import type { Pool } from 'pg'

/** A stream that belongs to one person. */
export interface StreamOfPerson {
  readonly kind:
    | ('account' | 'order' | 'deposit' | 'transfer' | 'quote-execution' | 'deposit-instructions')
    | ('document' | 'identity-change' | 'identity-request' | 'account-closing')
  readonly id: string
  readonly state: string
}

/** An effect that was called and has no answer yet. */
export interface RunningEffect {
  readonly streamId: string
  readonly step: string
  /** Until when its job may be calling; null: it is not, and the outcome of its last call is unknown. */
  readonly leaseUntil: Date | null
}

/** SQL: the accounts and profiles of a person ($1), joint ones included. */
const ACCOUNTS = `SELECT account_id, profile_id FROM onboarding WHERE identity_id = $1 UNION
  SELECT account_id, profile_id FROM account WHERE owners @> ARRAY[$1]`

/** The profiles that hold a person's balances. */
export async function profilesOfPerson(pool: Pool, identityId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT profile_id AS id FROM (${ACCOUNTS}) AS a WHERE profile_id IS NOT NULL`, [
    identityId,
  ])
  return rows.map(({ id }) => id)
}

/** Every stream of a person besides the onboarding, by the identity's id. */
export async function streamsOfPerson(pool: Pool, identityId: string): Promise<StreamOfPerson[]> {
  const { rows } = await pool.query<StreamOfPerson>(
    `WITH person AS (${ACCOUNTS})
     SELECT 'account' AS kind, account_key AS id, state FROM account WHERE owners @> ARRAY[$1] UNION ALL
     SELECT 'order', order_id, state FROM trade_order WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'deposit', deposit_id, state FROM deposit WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'transfer', transfer_id, state FROM transfer WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'quote-execution', execution_id, state FROM quote_execution WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'account-closing', closing_id, state FROM account_closing WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'deposit-instructions', instructions_id, state FROM deposit_instructions WHERE account_id IN (SELECT account_id FROM person) UNION ALL
     SELECT 'document', document_id, state FROM document WHERE identity_id = $1 UNION ALL
     SELECT 'identity-change', change_id, state FROM identity_change WHERE identity_id = $1 UNION ALL
     SELECT 'identity-request', request_id, state FROM identity_request WHERE identity_id = $1 OR request_id = $1`,
    [identityId],
  )
  return rows
}

/** The person's subject by an id that an operator has: an identity's id, its ref_id, or the id of a request for an identity. Null: unknown. */
export async function findSubject(pool: Pool, id: string): Promise<string | null> {
  const { rows } = await pool.query<{ subject: string }>(
    `SELECT identity_id AS subject FROM onboarding WHERE identity_id = $1 OR ref_id = $1 UNION ALL
     SELECT coalesce(identity_id, request_id) FROM identity_request WHERE request_id = $1 OR ref_id = $1 LIMIT 1`,
    [id],
  )
  return rows[0]?.subject ?? null
}

/** Effects of these streams that are running, or whose outcome at Paxos is unknown. A notification is not awaited: it holds no personal data. */
export async function runningEffects(pool: Pool, streamIds: readonly string[]): Promise<RunningEffect[]> {
  const { rows } = await pool.query<RunningEffect>(
    `SELECT stream_id AS "streamId", step, CASE WHEN lease_until > now() THEN lease_until END AS "leaseUntil" FROM effect
     WHERE stream_id = ANY ($1::text[]) AND state = 'intended' AND (lease_until > now() OR (attempts > 0 AND kind <> 'send-notification'))`,
    [streamIds],
  )
  return rows
}
