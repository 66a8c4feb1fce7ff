import type { Pool } from 'pg'

/** A window of time that was read to its end. */
export interface SweepWindow {
  fromAt: Date
  toAt: Date
  /** Events that Paxos listed in it. */
  listed: number
  /** Those of them that no webhook had brought. */
  recovered: number
}

/** The time up to which every event is accounted for; null before the first sweep. */
export async function readWatermark(pool: Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ to_at: Date | null }>('SELECT max(to_at) AS to_at FROM sweep_window')
  return rows[0]!.to_at
}

/** SQL: seconds since the end of the last complete sweep's window, for a scrape of the metrics; null before the first sweep. */
export const SWEEP_AGE = 'SELECT extract(epoch FROM now() - max(to_at))::float8 FROM sweep_window'

export async function recordWindow(pool: Pool, { fromAt, toAt, listed, recovered }: SweepWindow): Promise<void> {
  // The number follows the last row and not the sequence, which a copy of the database may leave behind its rows. One worker sweeps at a
  // time.
  await pool.query(
    `INSERT INTO sweep_window (id, from_at, to_at, listed, recovered)
     SELECT coalesce(max(id), 0) + 1, $1::timestamptz, $2::timestamptz, $3::integer, $4::integer FROM sweep_window`,
    [fromAt, toAt, listed, recovered],
  )
}
