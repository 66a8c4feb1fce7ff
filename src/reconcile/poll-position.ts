import type { Pool } from 'pg'

/** The position of the poll over identities. */
export interface PollPosition {
  /** Changes before this time were read; null: none yet. */
  changedFrom: Date | null
  /** The time of creation, in Paxos's text, of the last identity that the walk has read; null: the walk begins. */
  walkedTo: string | null
}

/**
 * Takes the next round if one is due: once per period over all workers. If a worker dies, the position stays and the next round is taken a
 * period later. The claim is a row and not a session lock, since PgBouncer may give the session to another client.
 */
export async function takeRound(pool: Pool, everySeconds: number): Promise<PollPosition | null> {
  const { rows } = await pool.query<PollPosition>(
    `UPDATE identity_poll SET began_at = now() WHERE began_at <= now() - make_interval(secs => $1)
     RETURNING changed_from AS "changedFrom", walked_to AS "walkedTo"`,
    [everySeconds],
  )
  return rows[0] ?? null
}

/** `changedFrom` only moves forward: a slow round does not undo a later one. */
export async function savePosition(pool: Pool, { changedFrom, walkedTo }: PollPosition): Promise<void> {
  await pool.query('UPDATE identity_poll SET changed_from = greatest(changed_from, $1), walked_to = $2', [changedFrom, walkedTo])
}
