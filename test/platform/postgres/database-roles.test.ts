import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createEventAcceptor, type EventAcceptor } from '../../../src/inbox/accept-events.ts'
import { numbersAreBehind } from '../../../src/inbox/event-numbers.ts'
import { noteKeys } from '../../../src/inbox/webhook-keys.ts'
import { freePort } from '../../../src/platform/free-port.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { applyDatabaseRoles, DATABASE_ROLES } from '../../../src/platform/postgres/database-roles.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { receivedEvent } from '../../inbox/received-event.ts'
import { execute } from '../../support/template-database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

const ROOT = join(import.meta.dirname, '../../..')

type DatabaseRole = (typeof DATABASE_ROLES)[number]

let database: TestDatabase
const pools: pg.Pool[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  await applyDatabaseRoles(database.url)
  for (const role of DATABASE_ROLES) await execute(database.url, `ALTER ROLE ${role} PASSWORD 'secret'`)
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  for (const role of DATABASE_ROLES) await execute(database.url, `DROP OWNED BY ${role}; DROP ROLE ${role}`)
  await database.drop()
})

const urlAs = (role: DatabaseRole): string => Object.assign(new URL(database.url), { username: role, password: 'secret' }).href

function as(role: DatabaseRole): pg.Pool {
  const pool = createPool({ connectionString: urlAs(role), max: 1, applicationName: 'roles test' })
  pools.push(pool)
  return pool
}

describe('F62: the database role of the receiver', () => {
  let acceptor: EventAcceptor
  beforeAll(() => {
    acceptor = createEventAcceptor({
      connectionString: urlAs('gatehouse_receiver'),
      logger: createLogger({ level: 'silent' }),
      metrics: new Registry(),
    })
  })
  afterAll(() => acceptor.close())

  it('stores deliveries, counts duplicates, makes a test event real, and is ready', async () => {
    const event = receivedEvent()
    expect(await acceptor.accept({ ...event, isTest: true })).toBe('test')
    expect([await acceptor.accept(event), await acceptor.accept(event)]).toEqual(['duplicate', 'duplicate'])
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
    await acceptor.checkAccepting()
  })

  it('F61: says which webhook keys it accepts and when each was last used', async () => {
    await noteKeys(as('gatehouse_receiver'), [{ slot: 'api-key-0e0e0e0e', lastUsedAt: new Date() }])
    await noteKeys(as('gatehouse_receiver'), [{ slot: 'api-key-0e0e0e0e', lastUsedAt: null }])
  })

  it('corrects the event numbers when they are behind', async () => {
    await execute(database.url, "SELECT setval('inbox_event_seq_seq', min(seq), false) FROM inbox_event")
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
    expect(await numbersAreBehind(as('gatehouse_receiver'))).toBe(false)
  })

  it.each([
    'DELETE FROM inbox_event',
    "UPDATE inbox_event SET identity_id = 'x'",
    "UPDATE inbox_event SET trust = 'confirmed'",
    'UPDATE webhook_key SET demoted_at = NULL',
    'SELECT FROM onboarding',
    'SELECT FROM ledger_entry',
    'SELECT FROM operator_session',
    'INSERT INTO effect DEFAULT VALUES',
    'TRUNCATE inbox_event',
    'CREATE TABLE public.mine ()',
  ])('cannot run: %s', async (sql) => {
    await expect(as('gatehouse_receiver').query(sql)).rejects.toMatchObject({ code: '42501' })
  })
})

describe.each(['gatehouse_worker', 'gatehouse_operator'] as const)('F62: the database role %s', (role) => {
  it.each([
    'DELETE FROM inbox_event',
    'DELETE FROM ledger_entry',
    'TRUNCATE onboarding',
    'ALTER TABLE ledger_entry DISABLE TRIGGER ALL',
    'DROP TABLE effect',
    'DELETE FROM audit_entry',
    ...[
      'ledger_entry SET entry_no = 0',
      "audit_entry SET operator = 'x'",
      'effect_attempt SET status = 200',
      'sweep_window SET listed = 0',
    ].map((change) => `UPDATE ${change} WHERE false`),
    "UPDATE command SET requested_by = 'x' WHERE false",
    'UPDATE installation SET number = gen_random_uuid()',
  ])('cannot run: %s', async (sql) => {
    await expect(as(role).query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  it('reads and writes its tables', async () => {
    const pool = as(role)
    await pool.query('SELECT FROM onboarding')
    await pool.query('UPDATE sweep_claim SET held_until = now() WHERE false')
    await pool.query('INSERT INTO sweep_window (from_at, to_at, listed, recovered) SELECT now(), now(), 0, 0 WHERE false')
  })
})

describe('F62: the database roles', () => {
  it('carry the session settings for connections that cannot set them, as behind PgBouncer', async () => {
    const pool = createPool({ connectionString: `${urlAs('gatehouse_receiver')}?pgbouncer=true`, max: 1, applicationName: 'roles test' })
    pools.push(pool)
    const names = ['statement_timeout', 'search_path', 'TimeZone', 'synchronous_commit', 'idle_in_transaction_session_timeout']
    const { rows } = await pool.query(
      `SELECT ${names
        .map((name) => `current_setting('${name}')`)
        .map((sql, n) => `${sql} AS s${n}`)
        .join(', ')}`,
    )
    expect(Object.values(rows[0])).toEqual(['2s', 'public', 'UTC', 'on', '30s'])
  })

  it('are renewed where they exist, so that the worker reads the tables of a migration', async () => {
    const table = `brand_new_${randomUUID().slice(0, 6)}`
    await execute(database.url, `CREATE TABLE ${table} (id int)`)
    await expect(as('gatehouse_worker').query(`SELECT FROM ${table}`)).rejects.toMatchObject({ code: '42501' })
    expect(await applyDatabaseRoles(database.url, { existing: true })).toBe(true)
    await as('gatehouse_worker').query(`SELECT FROM ${table}`)
  })

  it('may delete from the tables that the source deletes from', async () => {
    const deletes: Record<string, DatabaseRole> = {
      role_process: 'gatehouse_receiver',
      delivery_sample: 'gatehouse_receiver',
      held_quote: 'gatehouse_operator',
      sealed_payload: 'gatehouse_worker',
      vault_key: 'gatehouse_worker',
      operator_session: 'gatehouse_operator',
    }
    const files = globSync('src/**/*.ts', { cwd: ROOT, exclude: (name) => name.includes('generated') })
    const named = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/DELETE FROM ([a-z_]+)/g)].map(([, table]) => table),
    )
    expect([...new Set(named)].sort()).toEqual(Object.keys(deletes).sort())
    for (const [table, role] of Object.entries(deletes)) await as(role).query(`DELETE FROM ${table} WHERE false`)
  })

  it('do not let the worker read operators, their tokens or their sessions', async () => {
    for (const table of ['operator', 'operator_token', 'operator_session'])
      await expect(as('gatehouse_worker').query(`SELECT FROM ${table}`)).rejects.toMatchObject({ code: '42501' })
  })

  it('cannot be created by a user without CREATEROLE, and the error says so', async () => {
    await expect(applyDatabaseRoles(urlAs('gatehouse_operator'))).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('CREATEROLE'),
    })
  })
})

describe('F62: receiver, worker and operator, each with only its own database role', () => {
  const CLI = join(import.meta.dirname, '../../../src/cli/gatehouse.ts')
  const TOKEN = 'a-token-for-the-test-of-the-roles'

  /** Starts a role as a process of its own with only the variables that it reads. Resolves with its base URL. */
  async function run(role: string, env: Record<string, string>): Promise<string> {
    const child = spawn(process.execPath, [CLI, role], { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += String(chunk)))
    onTestFinished(async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    return new Promise((resolve, reject) => {
      child.stdout.on('data', () => {
        const url = / is up on (http:\/\/[\d.:]+)/.exec(said)?.[1]
        if (url) resolve(url)
      })
      child.on('exit', (code) => reject(new Error(`${role} ended with ${code}: ${said}`)))
    })
  }

  it('take a customer from the webhook to ready', { timeout: 90_000 }, async () => {
    const WEBHOOK_API_KEYS = 'a-key-for-the-test-of-the-roles'
    const [port, sandboxPort] = [await freePort(), await freePort()]
    const SANDBOX_URL = `http://127.0.0.1:${sandboxPort}`
    const production = { NODE_ENV: 'production', SANDBOX_URL }
    const ENCRYPTION_KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')
    const [sandbox] = await Promise.all([
      run('sandbox', {
        WEBHOOK_API_KEYS,
        SANDBOX_PORT: String(sandboxPort),
        SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/paxos`,
      }),
      run('receiver', { ...production, WEBHOOK_API_KEYS, DATABASE_URL: urlAs('gatehouse_receiver'), PORT: String(port) }),
      run('worker', { ...production, ENCRYPTION_KEY, DATABASE_URL: urlAs('gatehouse_worker'), WORKER_PORT: '0' }),
    ])
    const operator = await run('operator', {
      ...production,
      ENCRYPTION_KEY,
      OPERATOR_TOKEN: TOKEN,
      DATABASE_URL: urlAs('gatehouse_operator'),
      OPERATOR_PORT: '0',
    })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, 'x-operator': 'ada' }
    const body = JSON.stringify({ count: 1, deliver: true, refIdPrefix: `r${randomUUID().slice(0, 6)}-` })
    const made = await fetch(`${sandbox}/_sandbox/identities/bulk`, { method: 'POST', headers, body })
    const { events } = (await made.json()) as { events: { identityId: string }[] }
    const state = async (): Promise<unknown> => {
      const answer = await fetch(`${operator}/v1/onboardings/${events[0]?.identityId}`, { headers })
      return ((await answer.json()) as { state?: string }).state
    }
    await expect.poll(state, { timeout: 60_000, interval: 200 }).toBe('ready')
  })
})
