import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { errorCode, errorMessage } from '../app-error.ts'
import { GATEHOUSE } from '../command-name.ts'
import { MigrationFailedError } from './migrate.ts'
import { createClient } from './session.ts'

const ROLES = fileURLToPath(new URL('../../../prisma/roles.sql', import.meta.url))

/** The database roles of prisma/roles.sql: one for each role of Gatehouse. */
export const DATABASE_ROLES = ['gatehouse_receiver', 'gatehouse_worker', 'gatehouse_operator'] as const

/**
 * Creates the database roles with their rights and session settings. Safe to repeat. With `existing` it only renews existing roles, as
 * after a migration that added tables; returns false when there are none. A role has no password until an administrator sets one.
 * @throws MigrationFailedError when this user may not create roles or grant rights
 */
export async function applyDatabaseRoles(connectionString: string, { existing = false } = {}): Promise<boolean> {
  const client = createClient(connectionString, { applicationName: 'gatehouse migrate' })
  client.on('error', () => {}) // the query that meets the broken connection rejects
  try {
    await client.connect()
    if (existing) {
      const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [DATABASE_ROLES[0]])
      if (rowCount === 0) return false
    }
    await client.query(`BEGIN;\n${await readFile(ROLES, 'utf8')}\nCOMMIT;`)
    return true
  } catch (error) {
    throw new MigrationFailedError(
      `The database roles could not be created (${errorCode(error)}: ${errorMessage(error)}). Run ${GATEHOUSE} migrate --roles as a user who owns the tables and has CREATEROLE.`,
      { cause: error },
    )
  } finally {
    await client.end()
  }
}
