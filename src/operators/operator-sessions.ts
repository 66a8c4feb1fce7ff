import type { Pool } from 'pg'
import { lesserRole, type Role } from '../domain/roles.ts'

/** What opened a session: the token of the installation, an operator's own token, or single sign-on. */
export type SessionSource = 'bootstrap' | 'token' | 'oidc'

export interface OperatorSession {
  operator: string
  expiresAt: Date
  source: SessionSource
  /** The token that opened it; null for another source. */
  tokenId: string | null
}

/** A session that is open, with what its operator may do now. */
export interface OpenSession extends OperatorSession {
  role: Role
  seenAt: Date
}

/** Opens a session and deletes expired ones. False: the operator was removed. */
export async function insertSession(
  pool: Pool,
  { idHash, operator, at, expiresAt, source, tokenId }: OperatorSession & { idHash: Buffer; at: Date },
): Promise<boolean> {
  await pool.query('DELETE FROM operator_session WHERE expires_at <= $1', [at])
  const values = [idHash, operator, at, expiresAt, source, tokenId]
  const columns = 'id_hash, operator, created_at, seen_at, expires_at, source, token_id'
  // The lock keeps a removal, which ends all sessions, from running between.
  const insert =
    source === 'bootstrap'
      ? `INSERT INTO operator_session (${columns}) VALUES ($1, $2, $3, $3, $4, $5, $6)`
      : `INSERT INTO operator_session (${columns}) SELECT $1, name, $3, $3, $4, $5, $6 FROM operator WHERE name = $2 AND removed_at IS NULL FOR SHARE`
  const { rowCount } = await pool.query(insert, values)
  return rowCount === 1
}

/**
 * The session, unless it has expired, was unused since `idleSince`, its operator was removed, or its token was revoked or has expired.
 * The role is the operator's of now, at most that of the token.
 */
export async function findSession(
  pool: Pool,
  idHash: Buffer,
  { at, idleSince }: { at: Date; idleSince: Date },
): Promise<OpenSession | null> {
  const { rows } = await pool.query<SessionRow>(
    `SELECT s.operator, s.expires_at, s.seen_at, s.source, s.token_id, o.role AS operator_role, t.role AS token_role
     FROM operator_session s
     LEFT JOIN operator o ON o.name = s.operator AND o.removed_at IS NULL
     LEFT JOIN operator_token t ON t.id = s.token_id AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
     WHERE s.id_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3`,
    [idHash, at, idleSince],
  )
  const [row] = rows
  const role = row ? roleOf(row) : null
  if (!row || role === null) return null
  const { operator, source } = row
  return { operator, role, source, tokenId: row.token_id, expiresAt: row.expires_at, seenAt: row.seen_at }
}

interface SessionRow {
  operator: string
  expires_at: Date
  seen_at: Date
  source: SessionSource
  token_id: string | null
  operator_role: Role | null
  token_role: Role | null
}

/** Null: what the session stands on has ended. */
function roleOf({ source, operator_role: operator, token_role: token }: SessionRow): Role | null {
  if (source === 'bootstrap') return 'admin'
  if (operator === null) return null
  if (source === 'oidc') return operator
  return token === null ? null : lesserRole(operator, token)
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
