import type { Pool } from 'pg'
import type { OnboardingState } from '../domain/onboarding/onboarding.ts'
import { selectList } from '../platform/postgres/select-list.ts'

/** A brokerage account, from its onboarding. */
export interface AccountRecord {
  readonly accountId: string
  readonly identityId: string
  readonly profileId: string
  /** The `ref_id` of its identity; null while unknown. */
  readonly refId: string | null
  readonly onboardingState: OnboardingState
  readonly openedAt: Date | null
}

const ACCOUNT_FIELDS = selectList<AccountRecord>({
  accountId: true,
  identityId: true,
  profileId: true,
  refId: true,
  onboardingState: 'state',
  openedAt: 'ready_at',
})

/** When Gatehouse adopted an account that existed at Paxos; null for an account that it opened. */
export async function takenOverAt(pool: Pool, accountId: string): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT f.completed_at AS at FROM onboarding o JOIN effect f ON f.stream_id = o.identity_id AND f.step = 'account'
     WHERE o.account_id = $1 AND f.receipt->>'how' = 'adopted'`,
    [accountId],
  )
  return rows[0]?.at ?? null
}

/** The account, if Gatehouse opened or adopted it. Null for an unknown one and for another customer's. */
export async function findAccount(pool: Pool, accountId: string): Promise<AccountRecord | null> {
  const { rows } = await pool.query<AccountRecord>(
    `SELECT ${ACCOUNT_FIELDS} FROM onboarding WHERE account_id = $1 AND profile_id IS NOT NULL`,
    [accountId],
  )
  return rows[0] ?? null
}
