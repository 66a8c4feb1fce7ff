import pg from 'pg'
import { createLogger } from '../../src/platform/logger.ts'
import { migrate } from '../../src/platform/migrate.ts'

/** The migrated database that every test database is a copy of. */
export const TEMPLATE = 'gatehouse_template'

export async function createTemplateDatabase(postgresUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  const url = new URL(postgresUrl)
  url.pathname = `/${TEMPLATE}`
  await migrate({ connectionString: url.href, log: createLogger({ level: 'silent' }) })
}
