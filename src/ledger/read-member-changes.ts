import type { Pool } from 'pg'
import type { MemberChange } from '../domain/institution/member-change.ts'
import { MEMBER_CHANGE_TABLE } from './member-change-table.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

export type MemberChangeRecord = StreamRecord<MemberChange>

export const MEMBER_CHANGE_READS = streamReads(MEMBER_CHANGE_TABLE, {
  idForm: /^members-[0-9a-f]{32}$/,
  waiting: ['submitting', 'unknown'],
})

/** Whether an older change of the same institution has no answer yet. */
export async function hasOlderOpenChange(pool: Pool, { changeId, identityId, requestedAt }: MemberChange): Promise<boolean> {
  const { rows } = await pool.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM member_change WHERE identity_id = $1 AND state IN ('submitting', 'unknown')
       AND (requested_at, change_id) < ($2, $3)) AS waits`,
    [identityId, new Date(requestedAt), changeId],
  )
  return rows[0]?.waits === true
}
