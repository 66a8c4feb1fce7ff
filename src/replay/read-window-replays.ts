import type { Pool } from 'pg'
import { STATE_OF_BASIS } from './event-basis.ts'
import { REPLAY_FIELDS, type ReplayHead } from './replay-record.ts'

const MOST_REPLAYS = 500

/** Replays that were approved or finished in the window, in the order of their plans. */
export async function readWindowReplays(pool: Pool, { from, to }: { from: Date; to: Date }): Promise<ReplayHead[]> {
  const { rows } = await pool.query<ReplayHead>(
    `SELECT ${REPLAY_FIELDS} FROM replay WHERE (approved_at >= $1 AND approved_at < $2) OR (finished_at >= $1 AND finished_at < $2)
     ORDER BY planned_at, id LIMIT ${MOST_REPLAYS}`,
    [from, to],
  )
  return rows
}

/** Which of these events (seqs: bigint as text) a replay approved after `since` opened while they were parked or dead. */
export async function readRecoveredByReplay(pool: Pool, seqs: readonly string[], since: Date): Promise<Set<string>> {
  if (seqs.length === 0) return new Set()
  const { rows } = await pool.query<{ seq: string }>(
    `SELECT DISTINCT i.seq FROM replay AS r JOIN replay_item AS i ON i.replay_id = r.id
     WHERE r.approved_at >= $2 AND i.seq = ANY ($1::bigint[]) AND i.generation IS NOT NULL AND ${STATE_OF_BASIS} IN ('parked', 'dead')`,
    [seqs, since],
  )
  return new Set(rows.map(({ seq }) => seq))
}
