import type { Pool } from 'pg'
import type { Role } from '../domain/roles.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'

/** A person, or a program such as the application. A program has no login on the pages. */
export const OPERATOR_KINDS = ['person', 'program'] as const
export type OperatorKind = (typeof OPERATOR_KINDS)[number]

export interface OperatorRecord {
  readonly name: string
  readonly kind: OperatorKind
  readonly role: Role
  /** `oidc`: single sign-on brought the operator, and decides the role at each login. */
  readonly source: 'local' | 'oidc'
  readonly addedBy: string
  readonly addedAt: Date
  /** Null: may act. A removed operator keeps the name. */
  readonly removedAt: Date | null
}

export interface NewOperator extends Pick<OperatorRecord, 'name' | 'kind' | 'role' | 'addedBy'> {
  at: Date
}

interface OperatorRow {
  name: string
  kind: OperatorKind
  role: Role
  subject: string | null
  added_by: string
  added_at: Date
  removed_at: Date | null
}

/** From now on the name is the operator's: no login with the token of the installation may use it. */
const END_BOOTSTRAP = "DELETE FROM operator_session WHERE lower(operator) = lower($1) AND source = 'bootstrap'"
const COLUMNS = 'name, kind, role, subject, added_by, added_at, removed_at'

/** Adds an operator, or brings a removed one back. False: an operator has this name, in any spelling. */
export async function insertOperator(pool: Pool, { name, kind, role, addedBy, at }: NewOperator): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO operator (name, kind, role, added_by, added_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (lower(name)) DO UPDATE
         SET kind = excluded.kind, role = excluded.role, added_by = excluded.added_by, added_at = excluded.added_at, removed_at = NULL
         WHERE operator.removed_at IS NOT NULL AND operator.name = excluded.name`,
      [name, kind, role, addedBy, at],
    )
    if (rowCount === 1) await client.query(END_BOOTSTRAP, [name])
    return rowCount === 1
  })
}

/** All operators by name, also removed ones. */
export async function listOperators(pool: Pool): Promise<OperatorRecord[]> {
  const { rows } = await pool.query<OperatorRow>(`SELECT ${COLUMNS} FROM operator ORDER BY lower(name)`)
  return rows.map(toRecord)
}

/** By the name in any spelling. Null: there is and was none. */
export async function findOperator(pool: Pool, name: string): Promise<OperatorRecord | null> {
  const { rows } = await pool.query<OperatorRow>(`SELECT ${COLUMNS} FROM operator WHERE lower(name) = lower($1)`, [name])
  return rows[0] ? toRecord(rows[0]) : null
}

/** By issuer and subject of single sign-on. */
export async function findOperatorBySubject(pool: Pool, subject: string): Promise<OperatorRecord | null> {
  const { rows } = await pool.query<OperatorRow>(`SELECT ${COLUMNS} FROM operator WHERE subject = $1`, [subject])
  return rows[0] ? toRecord(rows[0]) : null
}

/** Adds a person who signed on for the first time. Does nothing if the name, in any spelling, or the subject is known. */
export async function insertSignedOn(
  pool: Pool,
  { name, role, subject, at }: { name: string; role: Role; subject: string; at: Date },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO operator (name, kind, role, subject, added_by, added_at) VALUES ($1, 'person', $2, $3, 'single sign-on', $4)
       ON CONFLICT DO NOTHING`,
      [name, role, subject, at],
    )
    if (rowCount === 1) await client.query(END_BOOTSTRAP, [name])
  })
}

/** Changes the role. `endSessions`: also ends the operator's sessions. Returns how many. */
export async function updateRole(pool: Pool, name: string, { role, endSessions }: { role: Role; endSessions: boolean }): Promise<number> {
  return inTransaction(pool, async (client) => {
    await client.query('UPDATE operator SET role = $2 WHERE name = $1 AND removed_at IS NULL', [name, role])
    // A statement of its own: it sees a session that was opened while the update waited for the row.
    return endSessions ? ended(await client.query('DELETE FROM operator_session WHERE operator = $1', [name])) : 0
  })
}

/** Removes the operator, revokes the tokens and ends the sessions, all or nothing. */
export async function removeOperator(
  pool: Pool,
  name: string,
  { by, at }: { by: string; at: Date },
): Promise<{ tokens: number; sessions: number }> {
  return inTransaction(pool, async (client) => {
    await client.query('UPDATE operator SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL', [name, at])
    const sessions = await client.query('DELETE FROM operator_session WHERE operator = $1', [name])
    const tokens = await client.query(
      'UPDATE operator_token SET revoked_at = $2, revoked_by = $3 WHERE operator = $1 AND revoked_at IS NULL',
      [...[name, at, by]],
    )
    return { tokens: ended(tokens), sessions: ended(sessions) }
  })
}

function ended({ rowCount }: { rowCount: number | null }): number {
  return rowCount ?? 0
}

function toRecord({ name, kind, role, subject, added_by: addedBy, added_at: addedAt, removed_at: removedAt }: OperatorRow): OperatorRecord {
  return { name, kind, role, source: subject === null ? 'local' : 'oidc', addedBy, addedAt, removedAt }
}
