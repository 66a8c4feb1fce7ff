import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { createTemplateDatabase, execute } from '../../test/support/template-database.ts'

/** A database for one run, or a full one. */
export interface BenchDatabase {
  name: string
  url: string
  /** Rows from before are older. */
  since: Date
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /**
   * Transactions and, when the server has the extension pg_stat_statements in this database, statements since it was opened here. Complete
   * once all sessions have ended.
   */
  work(): Promise<{ transactions: number; statements: number | null }>
  /** Keeps a full one as it is. */
  drop(): Promise<void>
}

/** Copies of a migrated database, and empty ones. */
export interface Databases {
  create(kind: 'migrated' | 'empty'): Promise<BenchDatabase>
  /** The full one. @throws when none was named */
  full(): Promise<BenchDatabase>
  close(): Promise<void>
}

/**
 * `fullUrl`: a database on the same server that bench/seed-scale.ts has filled. With it, the other databases are dropped only at the end: a
 * drop makes a checkpoint, after which Postgres would log each page of the full database whole at its first change.
 */
export async function openDatabases(serverUrl: string, fullUrl?: string): Promise<Databases> {
  const template = await createTemplateDatabase(serverUrl)
  const left: string[] = []
  const drop = (name: string): Promise<unknown> => execute(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
  return {
    create: async (kind) => {
      const name = `gatehouse_bench_${randomUUID().slice(0, 8)}`
      await execute(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${kind === 'migrated' ? template.name : 'template0'}`)
      const database = await openDatabase(Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href, serverUrl)
      return {
        ...database,
        drop: async () => {
          await database.drop()
          if (fullUrl) left.push(name)
          else await drop(name)
        },
      }
    },
    full: async () => {
      if (!fullUrl) throw new Error('set FULL_URL to a database of the same server that bench/seed-scale.ts has filled')
      return openDatabase(fullUrl, serverUrl)
    },
    close: async () => {
      for (const name of left) await drop(name)
      await template.drop()
    },
  }
}

/** `serverUrl`: another database of its server, from which it is observed. */
async function openDatabase(url: string, serverUrl: string): Promise<BenchDatabase> {
  const name = new URL(url).pathname.slice(1)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const before = await countWork(serverUrl, name)
  return {
    name,
    url,
    since: new Date(),
    query: async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) => (await client.query<Row>(sql, values)).rows,
    work: async () => {
      const { transactions, statements } = await countWork(serverUrl, name)
      const more = before.statements === null || statements === null ? null : statements - before.statements
      return { transactions: transactions - before.transactions, statements: more }
    },
    drop: () => client.end(),
  }
}

/**
 * From the server's statistics, which a session delivers when it ends at the latest. Read from another database, so as not to count itself.
 */
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
