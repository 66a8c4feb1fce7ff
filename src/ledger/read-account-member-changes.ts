import type { AccountMemberChange } from '../domain/account/account-member-change.ts'
import { ACCOUNT_MEMBER_CHANGE_TABLE } from './account-member-change-table.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

/** A change of an account's members for operators and applications. */
export type AccountMemberChangeRecord = StreamRecord<AccountMemberChange>

export const ACCOUNT_MEMBER_CHANGE_READS = streamReads(ACCOUNT_MEMBER_CHANGE_TABLE, {
  idForm: /^membership-[0-9a-f]{32}$/,
  waiting: ['submitting', 'unknown'],
})
