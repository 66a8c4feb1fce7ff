import type { Pool } from 'pg'

/** The traces of canaries in Postgres. Times come from the database's clock, so machines need not agree on theirs. */
export interface CanaryTrace {
  /** When a worker last took a canary; null: none ever did. */
  seenAt: Date | null
  seenBy: string | null
  /** Time since then, milliseconds. */
  sinceSeenMs: number | null
  /** How long a canary has waited on the queue without any worker taking it, milliseconds; null: none waits. */
  waitingMs: number | null
}

/**
 * A job without work that takes the way of every job: onto the queue, to some worker, and from there into Postgres. It names no event and
 * makes no call to Paxos. `sendEveryMs`: interval over all machines.
 */
export interface Canary {
  /** Puts a canary on the queue when one is due and no other process sends it. Rejects when the queue or Postgres does not answer. */
  send(): Promise<void>
  /** Records that worker `by` took a canary. */
  seen(by: string): Promise<void>
  /** Records that no canary waits: the queue is paused, so no worker is to take one. */
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
      // It counts as waiting only from here on: a canary that never reached the queue blames no worker. Usually a worker has taken it
      // already.
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
