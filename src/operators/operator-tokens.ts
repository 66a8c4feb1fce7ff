import type { Pool } from 'pg'
import { lesserRole, type Role } from '../domain/roles.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'
import type { OperatorKind } from './operators.ts'

/** A token without its secret, which is stored nowhere. */
export interface TokenRecord {
  readonly id: string
  readonly operator: string
  readonly label: string
  /** The most that the token may do. */
  readonly role: Role
  readonly createdBy: string
  readonly createdAt: Date
  /** Null: it does not expire. */
  readonly expiresAt: Date | null
  /** Exact to a minute; null: never used. */
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
  readonly revokedBy: string | null
}

/** A token that a request sent, with its operator. */
export interface KnownToken {
  readonly token: TokenRecord
  readonly kind: OperatorKind
  /** What the request may do: the smaller one of the token's role and the operator's. */
  readonly role: Role
  readonly operatorRemoved: boolean
}

interface TokenRow {
  id: string
  operator: string
  label: string
  role: Role
  created_by: string
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
  revoked_by: string | null
}

const COLUMNS = 'id, operator, label, role, created_by, created_at, expires_at, last_used_at, revoked_at, revoked_by'

/** Stores the hash of a new token. `hash`: SHA-256 of its text. False: the operator was removed. */
export async function insertToken(
  pool: Pool,
  {
    id,
    operator,
    label,
    role,
    createdBy,
    createdAt,
    expiresAt,
    hash,
  }: Omit<TokenRecord, 'lastUsedAt' | 'revokedAt' | 'revokedBy'> & { hash: Buffer },
): Promise<boolean> {
  // The lock keeps a removal, which revokes all tokens, from running between.
  const { rowCount } = await pool.query(
    `INSERT INTO operator_token (id, operator, label, hash, role, created_by, created_at, expires_at)
     SELECT $1, name, $3, $4, $5, $6, $7, $8 FROM operator WHERE name = $2 AND removed_at IS NULL FOR SHARE`,
    [id, operator, label, hash, role, createdBy, createdAt, expiresAt],
  )
  return rowCount === 1
}

/** Newest first: of one operator, or of all. Also revoked and expired ones. */
export async function listTokens(pool: Pool, operator: string | null): Promise<TokenRecord[]> {
  const { rows } = await pool.query<TokenRow>(
    `SELECT ${COLUMNS} FROM operator_token WHERE $1::text IS NULL OR operator = $1 ORDER BY created_at DESC, id`,
    [operator],
  )
  return rows.map(toRecord)
}

/** Null: no such token. */
export async function findToken(pool: Pool, id: string): Promise<TokenRecord | null> {
  const { rows } = await pool.query<TokenRow>(`SELECT ${COLUMNS} FROM operator_token WHERE id = $1`, [id])
  return rows[0] ? toRecord(rows[0]) : null
}

/** Null: no token has this hash. */
export async function findTokenByHash(pool: Pool, hash: Buffer): Promise<KnownToken | null> {
  const { rows } = await pool.query<TokenRow & { kind: OperatorKind; operator_role: Role; removed_at: Date | null }>(
    `SELECT ${COLUMNS.replaceAll(/\w+/g, 't.$&')}, o.kind, o.role AS operator_role, o.removed_at
     FROM operator_token t JOIN operator o ON o.name = t.operator WHERE t.hash = $1`,
    [hash],
  )
  const [row] = rows
  if (!row) return null
  return { token: toRecord(row), kind: row.kind, role: lesserRole(row.role, row.operator_role), operatorRemoved: row.removed_at !== null }
}

/** Notes the use of a token, at most once per minute. */
export async function touchToken(pool: Pool, id: string, at: Date): Promise<void> {
  await pool.query(
    "UPDATE operator_token SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')",
    [id, at],
  )
}

/** Revokes a token and ends the sessions that it opened. Safe to repeat: the first revocation stays. */
export async function revokeToken(pool: Pool, id: string, { by, at }: { by: string; at: Date }): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('UPDATE operator_token SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL', [id, at, by])
    await client.query('DELETE FROM operator_session WHERE token_id = $1', [id])
  })
}

function toRecord(row: TokenRow): TokenRecord {
  const { id, operator, label, role } = row
  return {
    ...{ id, operator, label, role, createdBy: row.created_by, createdAt: row.created_at, expiresAt: row.expires_at },
    ...{ lastUsedAt: row.last_used_at, revokedAt: row.revoked_at, revokedBy: row.revoked_by },
  }
}
