import type { Pool } from 'pg'
import type { OnboardingState } from '../domain/onboarding/onboarding.ts'

/** A brokerage account as its onboarding keeps it. */
export interface AccountRecord {
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  /** Ours for the customer. */
  readonly refId: string | null
  readonly onboardingState: OnboardingState
  readonly openedAt: Date | null
}

/** When Gatehouse took over an account that existed at Paxos; null for one that it opened itself. */
export async function takenOverAt(pool: Pool, accountId: string): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT f.completed_at AS at FROM onboarding o JOIN effect f ON f.stream_id = o.identity_id AND f.step = 'account'
     WHERE o.account_id = $1 AND f.receipt->>'how' = 'adopted'`,
    [accountId],
  )
  return rows[0]?.at ?? null
}

/** The account, if Gatehouse opened it or took it over; null for an unknown one and for another customer's. */
export async function findAccount(pool: Pool, accountId: string): Promise<AccountRecord | null> {
  const { rows } = await pool.query<AccountRecord>(
    `SELECT account_id AS "accountId", identity_id AS "identityId", profile_id AS "profileId", ref_id AS "refId", state AS "onboardingState",
       ready_at AS "openedAt"
     FROM onboarding WHERE account_id = $1 AND profile_id IS NOT NULL`,
    [accountId],
  )
  return rows[0] ?? null
}
