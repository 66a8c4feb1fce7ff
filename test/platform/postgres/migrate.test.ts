import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/platform/logger.ts'
import { MigrationFailedError, migrate, pendingMigrations } from '../../../src/platform/postgres/migrate.ts'
import { schemaDrift } from '../../support/schema-drift.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
/** Our migrations, in order. */
const SHIPPED = readdirSync(join(PROJECT, 'prisma/migrations'))
  .filter((name) => /^\d/.test(name))
  .sort()

let database: TestDatabase
let directory: string
let lines: string[]
const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line).msg) } })

beforeEach(async () => {
  lines = []
  database = await createTestDatabase({ migrated: false })
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'))
  await cp(join(PROJECT, 'prisma/migrations'), directory, { recursive: true })
})
afterEach(async () => {
  await database.drop()
  await rm(directory, { recursive: true })
})

const run = (): Promise<string[]> => migrate({ connectionString: database.url, log, directory })
const pending = (): Promise<string[]> => pendingMigrations({ connectionString: database.url, directory })

async function addMigration(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true })
  await writeFile(join(directory, name, 'migration.sql'), sql)
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

/** The process ids of the migrations that are in a pg_sleep now. */
const sleepers = (): Promise<unknown[]> =>
  query(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)

describe('when the database is empty', () => {
  it('migrate applies every migration in order, logs it, and leaves none pending', async () => {
    await addMigration('20990101000000_next', 'CREATE TABLE next (n int)')
    expect(await pending()).toEqual([...SHIPPED, '20990101000000_next'])
    expect(await run()).toEqual([...SHIPPED, '20990101000000_next'])
    expect(lines).toEqual([...SHIPPED, '20990101000000_next'].map((name) => `applied migration ${name}`))
    expect(await pending()).toEqual([])
  })

  it("migrate creates BullMQ's tables in a schema of their own", async () => {
    await run()
    expect(await query("SELECT to_regclass('bullmq.job') IS NOT NULL")).toEqual([true])
  })

  it('migrate lets its process end once it is done', async () => {
    const script = `import { migrate } from './src/platform/postgres/migrate.ts'
      import { createLogger } from './src/platform/logger.ts'
      await migrate({ connectionString: ${JSON.stringify(database.url)}, log: createLogger({ level: 'silent' }) })
      console.log(Date.now())`
    const child = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: PROJECT })
    expect(Date.now() - Number(child.stdout)).toBeLessThan(5_000) // the engine's own timer would hold it for 10 s
  })

  it('one of several processes that start together migrates, and the others wait', async () => {
    const results = await Promise.all([run(), run(), run(), run()])
    expect(results.flat()).toEqual(SHIPPED)
    expect(lines.filter((line) => line.startsWith('applied'))).toHaveLength(SHIPPED.length)
  })
})

describe('when another process is migrating', () => {
  it('migrate says that it waits, and then finds nothing to do', async () => {
    await addMigration('20990101000000_slow', 'SELECT pg_sleep(3)')
    const first = run()
    await expect.poll(sleepers, { timeout: 20_000 }).toHaveLength(1)
    expect(await run()).toEqual([])
    expect(lines[0]).toBe('another process is applying migrations; waiting for it')
    expect(await first).toEqual([...SHIPPED, '20990101000000_slow'])
  })
})

describe('when the database is migrated', () => {
  beforeEach(run)

  it('a second run changes nothing', async () => {
    expect(await run()).toEqual([])
  })

  it('it matches prisma/schema.prisma', async () => {
    expect(await schemaDrift(database.url)).toBeNull()
  })

  it.each([
    ['a column that the schema lacks', 'ALTER TABLE inbox_event ADD COLUMN forgotten text'],
    ['a column of another type', 'ALTER TABLE replay_item ALTER COLUMN detail TYPE varchar(10)'],
    ['a missing unique index', 'DROP INDEX inbox_event_event_id_key'],
  ])('the drift check reports %s', async (_, sql) => {
    await query(sql)
    expect(await schemaDrift(database.url)).toMatch(/ALTER TABLE|CREATE UNIQUE INDEX/)
  })

  it('the drift check reports a model that no migration created', async () => {
    const schema = await readFile(join(PROJECT, 'prisma/schema.prisma'), 'utf8')
    expect(await schemaDrift(database.url, { schema: `${schema}\nmodel Late {\n  id Int @id\n}\n` })).toContain('CREATE TABLE "Late"')
  })
})

describe('when a migration fails', () => {
  beforeEach(async () => {
    await run()
    lines = []
    await addMigration('20990101000000_fine', 'CREATE TABLE fine (n int)')
    await addMigration('20990102000000_broken', 'CREATE TABLE half (n int); SELECT 1 / 0; CREATE TABLE other_half (n int)')
  })

  it("migrate reports Postgres's reason and rolls back everything of that run", async () => {
    const failure = await run().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(MigrationFailedError)
    expect(failure).toMatchObject({ message: expect.stringContaining('22012: division by zero') })
    expect(await query("SELECT to_regclass('fine'), to_regclass('half')")).toEqual([null, null])
    expect(await query('SELECT migration_name FROM _prisma_migrations')).toEqual(SHIPPED)
    expect(lines).toEqual([])
  })

  it('migrate continues once the migration is fixed', async () => {
    await expect(run()).rejects.toThrow(MigrationFailedError)
    await addMigration('20990102000000_broken', 'CREATE TABLE half (n int)')
    expect(await run()).toEqual(['20990101000000_fine', '20990102000000_broken'])
  })
})

describe('when a migration has functions with semicolons in their bodies', () => {
  it('migrate runs it whole', async () => {
    await addMigration(
      '20990101000000_function',
      'CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN n := n * 2; RETURN n; END $$; CREATE TABLE after (n int);',
    )
    await run()
    expect(await query('SELECT twice(21)')).toEqual([42])
  })
})

describe('when the process dies during a migration', () => {
  it('the database is unchanged, and the next start runs the whole migration', async () => {
    await addMigration('20990101000000_slow', 'CREATE TABLE slow (n int); SELECT pg_sleep(30)')
    const dying = run().catch((error: unknown) => error)
    await expect.poll(sleepers, { timeout: 20_000 }).toHaveLength(1)
    await query(`SELECT pg_terminate_backend(${String((await sleepers())[0])})`)
    expect(await dying).toBeInstanceOf(MigrationFailedError)
    expect(await query("SELECT to_regclass('_prisma_migrations'), to_regclass('inbox_event')")).toEqual([null, null])
    await addMigration('20990101000000_slow', 'CREATE TABLE slow (n int)')
    expect(await run()).toEqual([...SHIPPED, '20990101000000_slow'])
  })
})
