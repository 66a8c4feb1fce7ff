import type { Pool, PoolClient } from 'pg'

/** The versions of these onboardings. An unknown one is absent. */
export async function readVersions(on: Pool | PoolClient, identityIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await on.query<{ identity_id: string; version: number }>(
    'SELECT identity_id, version FROM onboarding WHERE identity_id = ANY ($1::text[])',
    [identityIds],
  )
  return new Map(rows.map(({ identity_id, version }) => [identity_id, version]))
}
