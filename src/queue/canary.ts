import type { Pool } from 'pg'

/** What the canaries have left in Postgres. Times are the database's, so that machines need not agree on theirs. */
export interface CanaryTrace {
  /** When a worker last took one, and which; null: none ever has. */
  seenAt: Date | null
  seenBy: string | null
  /** Since then, milliseconds. */
  sinceSeenMs: number | null
  /** How long one has been on the queue without any worker taking it, milliseconds; null: none waits. */
  waitingMs: number | null
}

/**
 * A job without work that goes the way of every job: onto the queue, into the hands of whichever worker takes it, and from there into
 * Postgres. It names no event and asks Paxos nothing. `sendEveryMs`: how often over all machines.
 */
export interface Canary {
  /** Puts one on the queue when its time has come and no other process does. Rejects when the queue or Postgres does not answer. */
  send(): Promise<void>
  /** A worker (`by`) has taken one. */
  seen(by: string): Promise<void>
  /** Nothing waits any more: the queue is paused, so nobody is to take anything. */
  rest(): Promise<void>
  read(): Promise<CanaryTrace>
}

export function createCanary({ pool, add, sendEveryMs }: { pool: Pool; add: () => Promise<void>; sendEveryMs: number }): Canary {
  return {
    send: async () => {
      const { rows } = await pool.query<{ sentAt: Date }>(
        `UPDATE canary SET sent_at = now() WHERE sent_at <= now() - make_interval(secs => $1) RETURNING sent_at AS "sentAt"`,
        [sendEveryMs / 1_000],
      )
      if (!rows[0]) return
      await add()
      // It counts as waiting only from here on: one that never got onto the queue accuses no worker. Mostly it is taken already.
      await pool.query(
        `UPDATE canary SET waiting_since = coalesce(waiting_since, sent_at) WHERE sent_at = $1 AND (seen_at IS NULL OR seen_at < sent_at)`,
        [rows[0].sentAt],
      )
    },
    seen: async (by) => {
      await pool.query('UPDATE canary SET seen_at = clock_timestamp(), seen_by = $1, waiting_since = NULL', [by])
    },
    rest: async () => {
      await pool.query('UPDATE canary SET waiting_since = NULL WHERE waiting_since IS NOT NULL')
    },
    read: () => readCanary(pool),
  }
}

export async function readCanary(pool: Pool): Promise<CanaryTrace> {
  const { rows } = await pool.query<CanaryTrace>(
    `SELECT seen_at AS "seenAt", seen_by AS "seenBy",
       (extract(epoch FROM clock_timestamp() - seen_at) * 1000)::float8 AS "sinceSeenMs",
       (extract(epoch FROM clock_timestamp() - waiting_since) * 1000)::float8 AS "waitingMs"
     FROM canary`,
  )
  return rows[0] ?? { seenAt: null, seenBy: null, sinceSeenMs: null, waitingMs: null }
}
