import type { Pool } from 'pg'
import type { IdentityChange } from '../domain/identity-change/identity-change.ts'
import { IDENTITY_CHANGE_TABLE } from './identity-change-table.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

/** A change of an identity as operators and applications read it. */
export type ChangeRecord = StreamRecord<IdentityChange>

export const CHANGE_READS = streamReads(IDENTITY_CHANGE_TABLE, { idForm: /^change-[0-9a-f]{32}$/, waiting: ['submitting', 'unknown'] })

/** Whether an older change of the same identity has no answer yet. */
export async function hasOlderOpenChange(pool: Pool, { changeId, identityId }: IdentityChange): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT 1 FROM identity_change AS other JOIN identity_change AS own ON own.change_id = $1
     WHERE other.identity_id = $2 AND other.state IN ('submitting', 'unknown')
       AND (other.created_at, other.change_id) < (own.created_at, own.change_id) LIMIT 1`,
    [changeId, identityId],
  )
  return rowCount === 1
}

/** Removes the hashes of the values of a person's changes: with ENCRYPTION_KEY, a guess could be tested against them. */
export async function forgetChangeInputs(pool: Pool, identityId: string): Promise<void> {
  await pool.query("UPDATE identity_change SET input_hashes = '{}' WHERE identity_id = $1", [identityId])
}
