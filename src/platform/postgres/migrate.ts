import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { AppError, errorCode, errorMessage } from '../app-error.ts'
import { GATEHOUSE } from '../command-name.ts'
import type { Logger } from '../logger.ts'
import { createPool } from './postgres.ts'
import type { MigrationList } from './schema-engine.ts'
import { createClient } from './session.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))
/**
 * Number of the advisory lock that is held during migrations: of several processes that start at once, one migrates. The number spells
 * `gate`.
 */
const LOCK = 0x67617465

/** A migration could not be applied. Neither it nor the others that were pending changed the database. */
export class MigrationFailedError extends AppError {
  readonly code = 'MIGRATION_FAILED'
  readonly retry = 'never'
}

export interface MigrateOptions {
  connectionString: string
  log: Logger
  /** Folder of the migrations; the project's own by default. */
  directory?: string
}

/**
 * Applies pending migrations of prisma/migrations and BullMQ's own schema (`bullmq`). Returns the names of the applied migrations. All
 * pending ones are one transaction: after a failure or a kill at any instant none is applied, so calling this again is always safe. A
 * statement that cannot run in a transaction, such as CREATE INDEX CONCURRENTLY, cannot be a migration.
 * @throws MigrationFailedError with Postgres's reason
 */
export async function migrate({ connectionString, log, directory = MIGRATIONS }: MigrateOptions): Promise<string[]> {
  const pending = await pendingMigrations({ connectionString, directory })
  const applied = pending.length > 0 ? await applyMigrations({ connectionString, log, directory }) : []
  for (const name of applied) log.info(`applied migration ${name}`)
  await migrateQueueSchema(connectionString)
  return applied
}

/** The names of the migrations that `migrate` would apply, oldest first. */
export async function pendingMigrations({ connectionString, directory = MIGRATIONS }: Omit<MigrateOptions, 'log'>): Promise<string[]> {
  const pool = createPool({ connectionString, max: 1, applicationName: 'gatehouse migrations' })
  try {
    const { rows: tables } = await pool.query<{ known: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS known`)
    const { rows } = tables[0]?.known
      ? await pool.query<{ name: string }>(
          'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
        )
      : { rows: [] }
    const applied = new Set(rows.map(({ name }) => name))
    return (await migrationNames(directory)).filter((name) => !applied.has(name))
  } finally {
    await pool.end()
  }
}

/** The engine takes 14 MB and Prisma's adapter more, so both are loaded only when a migration is pending. */
async function applyMigrations({ connectionString, log, directory }: Required<MigrateOptions>): Promise<string[]> {
  const [{ PrismaPg }, { openSchemaEngine }] = await Promise.all([import('@prisma/adapter-pg'), import('./schema-engine.ts')])
  // One connection for the lock, the transaction and the engine, so that the engine works inside our transaction.
  const pool = createPool({ connectionString, max: 1, applicationName: 'gatehouse migrate' })
  let reason: unknown
  try {
    await pool.query('BEGIN')
    const { rows } = await pool.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [LOCK])
    if (!rows[0]?.free) {
      log.info('another process is applying migrations; waiting for it')
      await pool.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    }
    const engine = await openSchemaEngine(async () => {
      const adapter = await new PrismaPg(pool).connect()
      // The adapter would cut a script at every semicolon, also inside function bodies. Postgres can read it whole.
      adapter.executeScript = async (script) => {
        await pool.query(script).catch((error: unknown) => {
          reason = error // the engine reports only the error that follows from this one
          throw error
        })
      }
      return adapter
    })
    const { appliedMigrationNames } = await engine
      .applyMigrations({ migrationsList: await readMigrations(directory), filters: { externalTables: [], externalEnums: [] } })
      .finally(() => engine.free())
    await pool.query('COMMIT')
    return appliedMigrationNames
  } catch (error) {
    const cause = reason ?? error
    throw new MigrationFailedError(
      `The database could not be migrated (${errorCode(cause)}: ${errorMessage(cause).split('\n')[0]}). ` +
        `Nothing was changed. Fix the cause, then run: ${GATEHOUSE} migrate`,
      { cause },
    )
  } finally {
    await pool.end()
  }
}

/** BullMQ's own migrations: one transaction under a lock of its own, on a separate connection. */
async function migrateQueueSchema(connectionString: string): Promise<void> {
  const { runMigrations } = await import('bullmq')
  const client = createClient(connectionString, { applicationName: 'gatehouse migrate' })
  client.on('error', () => {}) // the query that meets the broken connection rejects
  try {
    await client.connect()
    await runMigrations(client, 'bullmq')
  } catch (error) {
    throw new MigrationFailedError(`The queue's tables could not be migrated (${errorCode(error)}: ${errorMessage(error)}).`, {
      cause: error,
    })
  } finally {
    await client.end()
  }
}

/** The folders' names begin with their time, so sorting by name sorts by time. */
async function migrationNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

async function readMigrations(directory: string): Promise<MigrationList> {
  const names = await migrationNames(directory)
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: await readFile(`${directory}/migration_lock.toml`, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(`${directory}/${name}/migration.sql`, 'utf8') },
        },
      })),
    ),
  }
}
