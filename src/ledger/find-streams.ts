import type { Pool } from 'pg'

/** The kind of stream, in operators' words. */
export type FoundStreamKind =
  | 'onboarding'
  | 'identity-request'
  | 'order'
  | 'quote-execution'
  | 'deposit'
  | 'transfer'
  | 'deposit-instructions'
  | 'wire'
  | 'member-change'
  | 'document'
  | 'account'
  | 'account-member-change'
  | 'account-closing'
  | 'identity-change'

/** A stream that a search found, and the id by which it was found. */
export interface FoundStream {
  kind: FoundStreamKind
  id: string
  /** The matching column, such as `account_id`, and its value. */
  field: string
  value: string
  state: string
  identityId: string | null
  createdAt: Date
}

interface Searched {
  kind: FoundStreamKind
  table: string
  id: string
  /** Each column has a unique index in byte order, so a prefix reads one range of it. */
  fields: readonly string[]
}

const SEARCHED: readonly Searched[] = [
  { kind: 'onboarding', table: 'onboarding', id: 'identity_id', fields: ['identity_id', 'ref_id', 'account_id', 'profile_id'] },
  { kind: 'identity-request', table: 'identity_request', id: 'request_id', fields: ['request_id', 'ref_id'] },
  { kind: 'order', table: 'trade_order', id: 'order_id', fields: ['order_id', 'paxos_order_id'] },
  { kind: 'quote-execution', table: 'quote_execution', id: 'execution_id', fields: ['execution_id', 'paxos_execution_id'] },
  { kind: 'deposit', table: 'deposit', id: 'deposit_id', fields: ['deposit_id', 'activity_id'] },
  { kind: 'transfer', table: 'transfer', id: 'transfer_id', fields: ['transfer_id', 'paxos_transfer_id'] },
  {
    kind: 'deposit-instructions',
    table: 'deposit_instructions',
    id: 'instructions_id',
    fields: ['instructions_id', 'paxos_instructions_id'],
  },
  { kind: 'wire', table: 'wire', id: 'wire_id', fields: ['wire_id'] },
  { kind: 'account-member-change', table: 'account_member_change', id: 'change_key', fields: ['change_key'] },
  { kind: 'account-closing', table: 'account_closing', id: 'closing_id', fields: ['closing_id'] },
  { kind: 'account', table: 'account', id: 'account_key', fields: ['account_key', 'account_id', 'profile_id'] },
  { kind: 'member-change', table: 'member_change', id: 'change_id', fields: ['change_id'] },
  { kind: 'document', table: 'document', id: 'document_id', fields: ['document_id', 'file_id'] },
  { kind: 'identity-change', table: 'identity_change', id: 'change_id', fields: ['change_id'] },
]

/** Streams with an id that matches one of these LIKE patterns: at most `limit` for each field, in the order of the field. */
export async function findStreams(pool: Pool, patterns: readonly string[], limit: number): Promise<FoundStream[]> {
  const branches = SEARCHED.flatMap(({ kind, table, id, fields }) =>
    fields.flatMap((field) =>
      patterns.map(
        (_pattern, at) =>
          `(SELECT '${kind}' AS kind, ${id} AS id, '${field}' AS field, ${field} AS value, state, identity_id AS "identityId",
             created_at AS "createdAt" FROM ${table} WHERE ${field} LIKE $${at + 2} ORDER BY ${field} LIMIT $1)`,
      ),
    ),
  )
  const { rows } = await pool.query<FoundStream>(branches.join('\nUNION ALL\n'), [limit, ...patterns])
  return rows
}
