import type { Pool } from 'pg'

/** The intent to create one identity, keyed by the caller's Idempotency-Key. Holds no personal data: a keyed hash stands for it. */
export interface OnboardingRequest {
  idempotencyKey: string
  inputHash: Buffer
  /** The identity's `ref_id` at Paxos; unique over all requests. */
  refId: string
  state: 'intended' | 'done' | 'refused'
  identityId: string | null
  errorCode: string | null
}

/**
 * Records the intent, or returns the one that is already there under the same key: asking twice acts once. The caller
 * compares `inputHash`, since the same key with other data is an error, not a silent hit. Null: the ref_id is another request's.
 */
export async function claimRequest(
  pool: Pool,
  { idempotencyKey, inputHash, refId, requestedBy }: { idempotencyKey: string; inputHash: Buffer; refId: string; requestedBy: string },
): Promise<OnboardingRequest | null> {
  await pool.query(
    `INSERT INTO onboarding_request (idempotency_key, input_hash, ref_id, state, requested_by) VALUES ($1, $2, $3, 'intended', $4) ON CONFLICT DO NOTHING`,
    [idempotencyKey, inputHash, refId, requestedBy],
  )
  const { rows } = await pool.query<{
    input_hash: Buffer
    ref_id: string
    state: OnboardingRequest['state']
    identity_id: string | null
    error_code: string | null
  }>('SELECT input_hash, ref_id, state, identity_id, error_code FROM onboarding_request WHERE idempotency_key = $1', [idempotencyKey])
  const row = rows[0]
  if (!row) return null
  return {
    idempotencyKey,
    inputHash: row.input_hash,
    refId: row.ref_id,
    state: row.state,
    identityId: row.identity_id,
    errorCode: row.error_code,
  }
}

/** Ends an intent: the identity exists, or Paxos refused it for good. */
export async function settleRequest(
  pool: Pool,
  {
    idempotencyKey,
    state,
    identityId = null,
    errorCode = null,
  }: { idempotencyKey: string } & (
    | { state: 'done'; identityId: string; errorCode?: null }
    | { state: 'refused'; identityId?: null; errorCode: string }
  ),
): Promise<void> {
  await pool.query(
    'UPDATE onboarding_request SET state = $2, identity_id = $3, error_code = $4, settled_at = now() WHERE idempotency_key = $1',
    [idempotencyKey, state, identityId, errorCode],
  )
}
