import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { createLogger } from '../../src/platform/logger.ts'
import { migrate } from '../../src/platform/postgres/migrate.ts'

/** The migrated database of which every test database of a run is a copy. */
export interface TemplateDatabase {
  name: string
  drop(): Promise<void>
}

export async function createTemplateDatabase(postgresUrl: string): Promise<TemplateDatabase> {
  const name = `gatehouse_template_${randomUUID().slice(0, 8)}`
  await execute(postgresUrl, `CREATE DATABASE ${name} TEMPLATE template0`)
  const connectionString = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
  await migrate({ connectionString, log: createLogger({ level: 'silent' }) })
  return { name, drop: () => execute(postgresUrl, `DROP DATABASE ${name} WITH (FORCE)`) }
}

/** Runs one statement on a connection of its own. */
export async function execute(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
