import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWriterPool } from '../../src/inbox/writer-pool.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

describe('the pool of the acceptor', () => {
  it('bounds each statement in Postgres too, so that none outlives the answer to its sender', async () => {
    const logger = createLogger({ level: 'silent' })
    const pool = createWriterPool({ connectionString: database.url, logger, timeoutMs: 1_234, writers: 1 })
    const { rows } = await pool.query('SHOW statement_timeout')
    await pool.end()
    expect(rows).toEqual([{ statement_timeout: '1234ms' }])
  })

  it('connects behind PgBouncer without setting what belongs to the session', async () => {
    const connectionString = Object.assign(new URL(database.url), { search: '?pgbouncer=true' }).href
    const pool = createWriterPool({ connectionString, logger: createLogger({ level: 'silent' }), timeoutMs: 5_000, writers: 1 })
    const { rows } = await pool.query('SHOW statement_timeout')
    await pool.end()
    expect(rows).toEqual([{ statement_timeout: '0' }])
  })
})
