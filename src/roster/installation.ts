import { createHash } from 'node:crypto'
import type { Pool } from 'pg'

/**
 * Distinguishes this installation from others on the same Redis: 12 hexadecimal digits, the same at every start and after a failover. They
 * follow from the number that the database was given and from the database's identity in its server. So a copy of the database (a restored
 * dump, a template) is an installation of its own. A byte-for-byte copy of the whole server is not distinguished.
 */
export async function readInstallation(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ number: string; oid: string }>(
    'SELECT number, (SELECT oid FROM pg_database WHERE datname = current_database())::text AS oid FROM installation',
  )
  const { number, oid } = rows[0]!
  const identity = [number, await systemIdentifier(pool), oid].join(':')
  return createHash('sha256').update(identity).digest('hex').slice(0, 12)
}

/** The system identifier of the database server, if the database's user may read it. */
async function systemIdentifier(pool: Pool): Promise<string> {
  return pool.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()').then(
    ({ rows }) => rows[0]?.id ?? '',
    () => '',
  )
}
