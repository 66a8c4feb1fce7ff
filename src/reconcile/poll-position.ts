import type { Pool } from 'pg'

/** How far the poll over identities has come. */
export interface PollPosition {
  /** Changes before this moment were read; null: none were yet. */
  changedFrom: Date | null
  /** The time of creation, as Paxos wrote it, of the last identity that the walk has seen; null: the walk begins. */
  walkedTo: string | null
}

/**
 * Takes the next round, if one is due: once per period over all workers. A worker that dies leaves the position as it was, and the next round is taken a
 * period later. It lives in a row and not in a session, which PgBouncer may give to another.
 */
export async function takeRound(pool: Pool, everySeconds: number): Promise<PollPosition | null> {
  const { rows } = await pool.query<PollPosition>(
    `UPDATE identity_poll SET began_at = now() WHERE began_at <= now() - make_interval(secs => $1)
     RETURNING changed_from AS "changedFrom", walked_to AS "walkedTo"`,
    [everySeconds],
  )
  return rows[0] ?? null
}

/** `changedFrom` moves forward only: a round that took long does not undo a later one. */
export async function savePosition(pool: Pool, { changedFrom, walkedTo }: PollPosition): Promise<void> {
  await pool.query('UPDATE identity_poll SET changed_from = greatest(changed_from, $1), walked_to = $2', [changedFrom, walkedTo])
}
