import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { createTemplateDatabase, execute } from '../../test/support/template-database.ts'

/** A database of one run's own. */
export interface BenchDatabase {
  name: string
  url: string
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>
  /** Transactions and, where the server's database has the extension pg_stat_statements, statements in this database so far. Complete once all sessions have ended. */
  work(): Promise<{ transactions: number; statements: number | null }>
  drop(): Promise<void>
}

/** Copies of a migrated database, and empty ones. */
export interface Databases {
  create(kind: 'migrated' | 'empty'): Promise<BenchDatabase>
  close(): Promise<void>
}

export async function openDatabases(serverUrl: string): Promise<Databases> {
  const template = await createTemplateDatabase(serverUrl)
  return {
    create: async (kind) => {
      const name = `gatehouse_bench_${randomUUID().slice(0, 8)}`
      await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${kind === 'migrated' ? template.name : 'template0'}`)
      const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows
      return {
        name,
        url,
        query,
        work: () => countWork(serverUrl, name),
        drop: async () => {
          await client.end()
          await execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
        },
      }
    },
    close: () => template.drop(),
  }
}

/** From the server's statistics, which a session hands in when it ends at the latest. Read from another database, so as not to count itself. */
async function countWork(serverUrl: string, name: string): Promise<{ transactions: number; statements: number | null }> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ commits: string }>('SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = $1', [
      name,
    ])
    const { rows: views } = await client.query<{ counted: boolean }>(`SELECT to_regclass('pg_stat_statements') IS NOT NULL AS counted`)
    if (!views[0]?.counted) return { transactions: Number(rows[0]?.commits), statements: null }
    const { rows: statements } = await client.query<{ calls: string }>(
      `SELECT coalesce(sum(calls), 0) AS calls FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
       WHERE datname = $1 AND query !~* '^(begin|commit|rollback)'`,
      [name],
    )
    return { transactions: Number(rows[0]?.commits), statements: Number(statements[0]?.calls) }
  } finally {
    await client.end()
  }
}
