import { connect, createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ServiceUnavailableError } from '../../../src/platform/app-error.ts'
import { freePort } from '../../../src/platform/free-port.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { createPool, waitForPostgres } from '../../../src/platform/postgres/postgres.ts'
import { connectQueue } from '../../../src/queue/queue-connection.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let lines: string[]
const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line).msg) } })

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())
beforeEach(() => {
  lines = []
})

/** The test database's URL with these changes. */
function changed(parts: Partial<Pick<URL, 'hostname' | 'port' | 'password' | 'pathname'>>): string {
  return Object.assign(new URL(database.url), parts).href
}

describe('waitForPostgres', () => {
  it('returns at once and silently when Postgres answers', async () => {
    await waitForPostgres(database.url, { timeoutMs: 0, log })
    expect(lines).toEqual([])
  })

  it('says that it waits, and gives up with host, port and remedy but without the password', async () => {
    const port = await freePort()
    const waiting = waitForPostgres(`postgres://me:hush-hush@127.0.0.1:${port}/nothing`, { timeoutMs: 600, log })
    const error = await waiting.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ServiceUnavailableError)
    expect(lines).toEqual([expect.stringMatching(`waiting up to 1 s for Postgres at 127.0.0.1:${port} \\(ECONNREFUSED\\)`)])
    expect(String(error)).toMatch(new RegExp(`127.0.0.1:${port} does not answer .*Start it, correct DATABASE_URL`))
    expect(String(error) + lines.join()).not.toContain('hush-hush')
  })

  it('returns as soon as Postgres comes up', async () => {
    const port = await freePort()
    const target = new URL(database.url)
    const waiting = waitForPostgres(changed({ hostname: '127.0.0.1', port: String(port) }), { timeoutMs: 20_000, log })
    await expect.poll(() => lines.length).toBe(1)
    const bridge = createServer((socket) => {
      const upstream = connect(Number(target.port), target.hostname)
      upstream.pipe(socket).pipe(upstream)
      for (const end of [socket, upstream]) end.on('error', () => {})
    })
    await new Promise<void>((resolve) => bridge.listen(port, '127.0.0.1', resolve))
    await waiting
    await new Promise((resolve) => bridge.close(resolve))
    expect(lines.at(-1)).toBe(`Postgres at 127.0.0.1:${port} answers`)
  })

  it.each([
    ['the password is wrong', { password: 'wrong-password' }, /refuses the password/],
    ['the database does not exist', { pathname: '/nowhere' }, /no database of that name/],
  ])('does not wait when %s', async (_, change, message) => {
    const error = await waitForPostgres(changed(change), { timeoutMs: 60_000, log }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ServiceUnavailableError)
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain('wrong-password')
  })
})

describe('createPool', () => {
  it('survives the loss of a connection that is checked out and idle, and fails its next query', async () => {
    const pool = createPool({ connectionString: database.url, max: 2, applicationName: 'pool test' })
    const client = await pool.connect()
    const broken = new Promise((resolve) => client.once('end', resolve))
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool test' AND pid <> pg_backend_pid()",
    )
    await broken
    await expect(client.query('SELECT 1')).rejects.toThrow()
    client.release(true)
    expect((await pool.query('SELECT 2 AS n')).rows).toEqual([{ n: 2 }])
    await pool.end()
  })

  it('survives the loss of its idle connections and serves the next query', async () => {
    const pool = createPool({ connectionString: database.url, max: 2, applicationName: 'pool test' })
    const broken = new Promise((resolve) => pool.once('remove', resolve))
    await pool.query('SELECT 1')
    const admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool test'")
    await broken
    expect((await pool.query('SELECT 2 AS n')).rows).toEqual([{ n: 2 }])
    await Promise.all([pool.end(), admin.end()])
  })

  it('makes the server cancel a statement that runs too long', async () => {
    const pool = createPool({ connectionString: database.url, max: 1, applicationName: 'pool test', statementTimeoutMs: 50 })
    await expect(pool.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' })
    await pool.end()
  })
})

describe('when a client vanishes without closing its connection', () => {
  it('the server ends its session in a transaction within the limit and releases its locks', async () => {
    const { hostname: host, port } = new URL(database.url)
    const line = await startTcpProxy({ host, port: Number(port) })
    onTestFinished(() => line.close())
    const connectionString = changed({ hostname: '127.0.0.1', port: String(line.port) })
    const vanishing = createPool({ connectionString, max: 1, applicationName: 'vanishing', idleInTransactionMs: 500 })
    const others = createPool({ connectionString: database.url, max: 1, applicationName: 'others', statementTimeoutMs: 15_000 })
    onTestFinished(() => others.end())
    const client = await vanishing.connect()
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock(4711)')
    line.swallow()
    await others.query('SELECT pg_advisory_xact_lock(4711)') // rejects with 57014 when the lock is not released
    // The lock is released a moment before the session leaves the list.
    await expect
      .poll(async () => (await others.query("SELECT FROM pg_stat_activity WHERE application_name = 'vanishing'")).rows)
      .toEqual([])
    client.release(true)
    await vanishing.end()
  })

  /** The settings by which the server checks its clients. A Unix socket has none of them. */
  const SETTINGS = `SELECT name, setting FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout', 'work_mem', 'search_path')`
  const settingsOf = async (pool: pg.Pool): Promise<Record<string, string>> => {
    const { rows } = await pool.query<{ name: string; setting: string }>(SETTINGS)
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  }
  const keepAliveSettings = {
    idle_in_transaction_session_timeout: '30000',
    tcp_keepalives_idle: '15',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
    tcp_user_timeout: '30000',
  }

  it('the server probes a silent connection, for every session of ours and of the queue', async () => {
    const pool = createPool({ connectionString: database.url, max: 1, applicationName: 'pool test' })
    onTestFinished(() => pool.end())
    expect(await settingsOf(pool)).toMatchObject(keepAliveSettings)
    const queue = connectQueue({ kind: 'postgres', connectionString: database.url }, { role: 'produce', logger: log })
    onTestFinished(() => queue.close())
    expect(await settingsOf(queue.options.connection as unknown as pg.Pool)).toMatchObject({ ...keepAliveSettings, search_path: 'bullmq' })
  })

  it('the URL overrides our settings, but not the schema of the queue', async () => {
    const url = new URL(database.url)
    url.searchParams.set('options', '-c work_mem=5MB -c tcp_keepalives_idle=77 -c search_path=elsewhere')
    const pool = createPool({ connectionString: url.href, max: 1, applicationName: 'pool test' })
    onTestFinished(() => pool.end())
    const set = { ...keepAliveSettings, work_mem: '5120', tcp_keepalives_idle: '77' }
    expect(await settingsOf(pool)).toMatchObject({ ...set, search_path: 'elsewhere' })
    const queue = connectQueue({ kind: 'postgres', connectionString: url.href }, { role: 'work', logger: log })
    onTestFinished(() => queue.close())
    expect(await settingsOf(queue.options.connection as unknown as pg.Pool)).toMatchObject({ ...set, search_path: 'bullmq' })
  })
})
