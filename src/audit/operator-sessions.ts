import type { Pool } from 'pg'

export interface OperatorSession {
  operator: string
  expiresAt: Date
}

/** Opens a session and deletes expired ones. */
export async function insertSession(
  pool: Pool,
  { idHash, operator, at, expiresAt }: OperatorSession & { idHash: Buffer; at: Date },
): Promise<void> {
  await pool.query('DELETE FROM operator_session WHERE expires_at <= $1', [at])
  await pool.query('INSERT INTO operator_session (id_hash, operator, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)', [
    ...[idHash, operator, at, expiresAt],
  ])
}

/** The session, unless it has expired or was unused since `idleSince`. */
export async function findSession(
  pool: Pool,
  idHash: Buffer,
  { at, idleSince }: { at: Date; idleSince: Date },
): Promise<(OperatorSession & { seenAt: Date }) | null> {
  const { rows } = await pool.query<{ operator: string; expires_at: Date; seen_at: Date }>(
    'SELECT operator, expires_at, seen_at FROM operator_session WHERE id_hash = $1 AND expires_at > $2 AND seen_at > $3',
    [idHash, at, idleSince],
  )
  const [row] = rows
  return row ? { operator: row.operator, expiresAt: row.expires_at, seenAt: row.seen_at } : null
}

export async function touchSession(pool: Pool, idHash: Buffer, at: Date): Promise<void> {
  await pool.query('UPDATE operator_session SET seen_at = $2 WHERE id_hash = $1 AND seen_at < $2', [idHash, at])
}

/** Ends the session. Returns its operator; null: there was none. */
export async function deleteSession(pool: Pool, idHash: Buffer): Promise<string | null> {
  const { rows } = await pool.query<{ operator: string }>('DELETE FROM operator_session WHERE id_hash = $1 RETURNING operator', [idHash])
  return rows[0]?.operator ?? null
}

/** Ends the sessions of one operator, or all. Returns their number. */
export async function deleteSessionsOf(pool: Pool, operator: string | null): Promise<number> {
  const { rowCount } = await pool.query('DELETE FROM operator_session WHERE $1::text IS NULL OR operator = $1', [operator])
  return rowCount ?? 0
}
