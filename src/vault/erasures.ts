import type { Pool } from 'pg'

/** A request to erase a person, and its end. */
export interface Erasure {
  /** The identity's id, or the id of the request for one. */
  readonly subject: string
  readonly requestedAt: Date
  readonly requestedBy: string
  readonly reason: string
  readonly doneAt: Date | null
  /** A compact JWS; null until it is done. */
  readonly certificate: string | null
}

const COLUMNS = 'subject, requested_at AS "requestedAt", requested_by AS "requestedBy", reason, done_at AS "doneAt", certificate'

/** Records the request. The first request for a person stays: its time counts for the deadline. */
export async function requestErasure(
  pool: Pool,
  { subject, requestedAt, requestedBy, reason }: Pick<Erasure, 'subject' | 'requestedAt' | 'requestedBy' | 'reason'>,
): Promise<Erasure> {
  await pool.query(
    'INSERT INTO erasure (subject, requested_at, requested_by, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (subject) DO NOTHING',
    [subject, requestedAt, requestedBy, reason],
  )
  const stored = await findErasure(pool, subject)
  if (!stored) throw new TypeError(`the erasure of ${subject} is missing`) // committed above, and never deleted
  return stored
}

export async function findErasure(pool: Pool, subject: string): Promise<Erasure | null> {
  return (await pool.query<Erasure>(`SELECT ${COLUMNS} FROM erasure WHERE subject = $1`, [subject])).rows[0] ?? null
}

/** Ends an erasure with its certificate. The first certificate stays. */
export async function finishErasure(
  pool: Pool,
  { subject, doneAt, certificate }: { subject: string; doneAt: Date; certificate: string },
): Promise<void> {
  await pool.query('UPDATE erasure SET done_at = $2, certificate = $3 WHERE subject = $1 AND done_at IS NULL', [
    subject,
    doneAt,
    certificate,
  ])
}

/** Erasures, last requested first; with `open` only those that are not done, first requested first. */
export async function listErasures(pool: Pool, { open, limit }: { open: boolean; limit: number }): Promise<Erasure[]> {
  const which = open ? 'WHERE done_at IS NULL ORDER BY requested_at' : 'ORDER BY requested_at DESC'
  return (await pool.query<Erasure>(`SELECT ${COLUMNS} FROM erasure ${which} LIMIT $1`, [limit])).rows
}
