import type { Pool, PoolClient } from 'pg'

/** A window of time that was read to its end. */
export interface SweepWindow {
  fromAt: Date
  toAt: Date
  /** Events that Paxos listed in it. */
  listed: number
  /** Of those, the ones that no webhook had brought. */
  recovered: number
}

/** Up to when every event is accounted for; null before the first sweep. */
export async function readWatermark(client: Pool | PoolClient): Promise<Date | null> {
  const { rows } = await client.query<{ to_at: Date | null }>('SELECT max(to_at) AS to_at FROM sweep_window')
  return rows[0]!.to_at
}

export async function recordWindow(client: Pool | PoolClient, { fromAt, toAt, listed, recovered }: SweepWindow): Promise<void> {
  await client.query('INSERT INTO sweep_window (from_at, to_at, listed, recovered) VALUES ($1, $2, $3, $4)', [
    fromAt,
    toAt,
    listed,
    recovered,
  ])
}
