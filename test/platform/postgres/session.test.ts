import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { isDatabaseAway } from '../../../src/platform/postgres/database-away.ts'
import { databaseHost, parseDatabaseUrl } from '../../../src/platform/postgres/database-url.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { createPrisma } from '../../../src/platform/postgres/prisma.ts'
import { execute } from '../../support/template-database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

/** Settings that an administrator may set for good reasons, and settings that change the meaning of a statement or of an answer. */
const HOSTILE: Readonly<Record<string, string>> = {
  TimeZone: "'America/New_York'",
  DateStyle: "'German, DMY'",
  IntervalStyle: 'sql_standard',
  search_path: 'pg_temp',
  default_transaction_isolation: 'serializable',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  array_nulls: 'off',
}
const AT = new Date('2026-03-04T05:06:07.089Z')

let database: TestDatabase
let name: string
beforeAll(async () => {
  database = await createTestDatabase()
  name = new URL(database.url).pathname.slice(1)
})
afterAll(() => database.drop())

/** The address of a new superuser of this database. */
async function createRole(): Promise<{ role: string; url: string }> {
  const role = `odd_${randomUUID().slice(0, 8)}`
  await execute(database.url, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'`)
  onTestFinished(() => execute(database.url, `DROP ROLE ${role}`))
  return { role, url: Object.assign(new URL(database.url), { username: role, password: 'secret' }).href }
}

const setAll = async (whose: string): Promise<void> => {
  for (const [setting, value] of Object.entries(HOSTILE)) await execute(database.url, `ALTER ${whose} SET ${setting} = ${value}`)
}

describe('c06: the session settings of an administrator', () => {
  it.each(['database', 'role', 'role in this database'])('change no answer when they are set for the %s', async (kind) => {
    const { role, url } = await createRole()
    const whose = kind === 'database' ? `DATABASE ${name}` : kind === 'role' ? `ROLE ${role}` : `ROLE ${role} IN DATABASE ${name}`
    await setAll(whose)
    onTestFinished(() => execute(database.url, `ALTER ${whose} RESET ALL`))
    const pool = createPool({ connectionString: url, max: 2, applicationName: 'session test' })
    onTestFinished(() => pool.end())
    const eventId = randomUUID()
    await pool.query(
      `INSERT INTO inbox_event (event_id, type, occurred_at, received_at, is_test, origin, state, body_sha256)
       VALUES ($1, 'a\\b', $2, $2, false, 'webhook', 'accepted', '\\x00ff')`,
      [eventId, AT],
    )
    const prisma = createPrisma(pool)
    const before = new Date(AT.getTime() - 1)
    const found = await prisma.inboxEvent.findMany({ where: { eventId, receivedAt: { gt: before, lte: AT } } })
    expect(found).toMatchObject([{ receivedAt: AT, occurredAt: AT, type: 'a\\b', bodySha256: Uint8Array.of(0, 255) }])
    expect((await pool.query('SELECT received_at FROM inbox_event WHERE event_id = $1', [eventId])).rows).toEqual([{ received_at: AT }])
    const settings = await pool.query<{ name: string; setting: string }>(
      'SELECT name, setting FROM pg_settings WHERE name = ANY ($1) ORDER BY name',
      [Object.keys(HOSTILE)],
    )
    for (const { name: setting, setting: value } of settings.rows) expect(`${setting}=${value}`).not.toBe(`${setting}=${HOSTILE[setting]}`)
    expect(Object.fromEntries(settings.rows.map(({ name: setting, setting: value }) => [setting, value]))).toMatchObject({
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      search_path: 'public',
      default_transaction_isolation: 'read committed',
    })
  })

  it('are really hostile: a session without our settings answers otherwise', async () => {
    const { role, url } = await createRole()
    await setAll(`ROLE ${role}`)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(() => client.end())
    await expect(client.query('SELECT FROM inbox_event')).rejects.toThrow(/does not exist/)
  })

  it('are not restored by options in the URL', async () => {
    const url = new URL(database.url)
    url.searchParams.set('options', '-c TimeZone=Asia/Tokyo --DateStyle=German')
    const pool = createPool({ connectionString: url.href, max: 1, applicationName: 'session test' })
    onTestFinished(() => pool.end())
    const { rows } = await pool.query("SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style")
    expect(rows).toEqual([{ zone: 'UTC', style: 'ISO, MDY' }])
  })
})

describe('c12: a server that only reads, as during a failover', () => {
  const readsOnly = (role: string, value: 'on' | 'off') =>
    execute(database.url, `ALTER ROLE ${role} SET default_transaction_read_only = ${value}`)

  it('gets no session, and gets one when it writes again', async () => {
    const { role, url } = await createRole()
    await readsOnly(role, 'on')
    const pool = createPool({ connectionString: url, max: 1, applicationName: 'session test' })
    onTestFinished(() => pool.end())
    const error = await pool.query('SELECT 1').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: '25006', message: expect.stringMatching(/only reads.*DATABASE_URL/) })
    expect(isDatabaseAway(error)).toBe(true)
    await readsOnly(role, 'off')
    expect((await pool.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  })

  it('keeps no session that stood before', async () => {
    const pool = createPool({ connectionString: database.url, max: 1, applicationName: 'session test' })
    onTestFinished(() => pool.end())
    const pid = async (): Promise<unknown> => (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0]
    const before = await pid()
    await pool.query('SET default_transaction_read_only = on').catch(() => undefined)
    expect(await pid()).not.toEqual(before)
  })
})

describe('c17: an address without a host', () => {
  const SOCKET = 'postgres://user:password@/db?host=/cloudsql/project:region:instance'

  it('is parsed, and shown as the folder of its socket', () => {
    expect(parseDatabaseUrl(SOCKET).pathname).toBe('/db')
    expect(databaseHost(SOCKET)).toBe('/cloudsql/project:region:instance')
    expect(databaseHost('postgres://u:p@db.example:6543/x')).toBe('db.example:6543')
  })

  it('reaches the server through a Unix socket', async () => {
    const { username, password, hostname, port } = new URL(database.url)
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-socket-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const socket = createServer((client) => client.pipe(connect(Number(port), hostname)).pipe(client))
    await once(socket.listen(join(folder, '.s.PGSQL.5432')), 'listening')
    onTestFinished(() => void socket.close())
    const pool = createPool({
      connectionString: `postgres://${username}:${password}@/${name}?host=${folder}`,
      max: 1,
      applicationName: 'session test',
    })
    onTestFinished(() => pool.end())
    expect((await pool.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  })
})

describe('c31: a password with every special character, and Prisma parameters in the address', () => {
  it('open the database', async () => {
    const role = `odd_${randomUUID().slice(0, 8)}`
    const password = 'p@ss/w#rd%?&:x +'
    await execute(database.url, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${password}'`)
    onTestFinished(() => execute(database.url, `DROP ROLE ${role}`))
    const { host, pathname } = new URL(database.url)
    const connectionString = `postgres://${role}:${encodeURIComponent(password)}@${host}${pathname}?schema=public&connection_limit=5`
    const pool = createPool({ connectionString, max: 1, applicationName: 'session test' })
    onTestFinished(() => pool.end())
    expect((await pool.query('SELECT current_user AS name')).rows).toEqual([{ name: role }])
    expect(databaseHost(connectionString)).toBe(host)
  })
})
