import type { Pool } from 'pg'
import type { EffectState } from '../domain/effect.ts'
import { streamOfKey } from '../domain/stream-of-key.ts'
import { prefixPatterns } from '../platform/opaque-id.ts'

/** An effect that a search found by its key. */
export interface FoundEffect {
  streamId: string
  kind: string
  /** The notification's name; null for other kinds. */
  name: string | null
  key: string
  state: EffectState
  intendedAt: Date
  /** Its customer; null while the stream names none. */
  identityId: string | null
}

/** Shortest prefix of a stream's id to search by: too many streams share a shorter one. */
const LEAST_STREAM_PREFIX = 4

/** SQL: the customer of the stream `e.stream_id`; null while the stream names none. */
export const OWNER = `CASE
  WHEN starts_with(e.stream_id, 'order-') THEN (SELECT identity_id FROM trade_order WHERE order_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'quote-execution-') THEN (SELECT identity_id FROM quote_execution WHERE execution_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'deposit-') THEN (SELECT identity_id FROM deposit WHERE deposit_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'transfer-') THEN (SELECT identity_id FROM transfer WHERE transfer_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'instructions-') THEN (SELECT identity_id FROM deposit_instructions WHERE instructions_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'wire-') THEN (SELECT identity_id FROM wire WHERE wire_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'members-') THEN (SELECT identity_id FROM member_change WHERE change_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'document-') THEN (SELECT identity_id FROM document WHERE document_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'membership-') THEN (SELECT identity_id FROM account_member_change WHERE change_key = e.stream_id)
  WHEN starts_with(e.stream_id, 'closing-') THEN (SELECT identity_id FROM account_closing WHERE closing_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'account-') THEN (SELECT identity_id FROM account WHERE account_key = e.stream_id)
  WHEN starts_with(e.stream_id, 'change-') THEN (SELECT identity_id FROM identity_change WHERE change_id = e.stream_id)
  WHEN starts_with(e.stream_id, 'identity_request_') THEN (SELECT identity_id FROM identity_request WHERE request_id = e.stream_id)
  ELSE e.stream_id END`

/**
 * Effects with this prefix of their key (`ref_id` at Paxos, `webhook-id` of a notification), at most `limit`. Keys have no index, but a key
 * contains its stream's id, which has one.
 */
export async function findEffects(pool: Pool, key: string, limit: number): Promise<FoundEffect[]> {
  const stream = streamOfKey(key)
  if (stream === null || stream.length < LEAST_STREAM_PREFIX) return []
  const found = await Promise.all(
    prefixPatterns(stream).map((pattern) =>
      pool.query<FoundEffect>(
        `SELECT e.stream_id AS "streamId", e.kind, e.name, e.key, e.state, e.intended_at AS "intendedAt", ${OWNER} AS "identityId"
         FROM effect AS e WHERE e.stream_id LIKE $1 AND starts_with(e.key, $2) ORDER BY e.stream_id, e.step LIMIT $3`,
        [pattern, key.slice(0, key.length - stream.length), limit],
      ),
    ),
  )
  const byKey = new Map(found.flatMap(({ rows }) => rows.map((row) => [row.key, row])))
  return [...byKey.values()].slice(0, limit)
}
