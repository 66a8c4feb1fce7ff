import type { Pool } from 'pg'
import type { Onboarding } from '../domain/onboarding/onboarding.ts'

/** The recorded status of an identity. */
export type KnownStatus = Pick<Onboarding, 'identityId' | 'state' | 'identityStatus' | 'statusDetails'>

const COLUMNS = `identity_id AS "identityId", state, identity_status AS "identityStatus", status_details AS "statusDetails"`
const MOST_FROZEN = 10_000

/** The recorded statuses of those of these identities that have an onboarding. */
export async function readStatuses(pool: Pool, identityIds: readonly string[]): Promise<KnownStatus[]> {
  const { rows } = await pool.query<KnownStatus>(`SELECT ${COLUMNS} FROM onboarding WHERE identity_id = ANY ($1::text[])`, [identityIds])
  return rows
}

/** Customers that are frozen, or held while Paxos said ERROR: the longest first, at most 10,000. */
export async function listFrozen(pool: Pool): Promise<KnownStatus[]> {
  const { rows } = await pool.query<KnownStatus>(
    `SELECT ${COLUMNS} FROM onboarding WHERE state IN ('frozen', 'held') AND identity_status = 'ERROR' ORDER BY updated_at LIMIT ${MOST_FROZEN}`,
  )
  return rows
}
