import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, mkdtemp, readFile, realpath, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ServiceUnavailableError } from '../../../src/platform/app-error.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/platform/postgres/embedded-postgres.ts'
import { explain } from '../../../src/platform/postgres/postgres-cluster.ts'

const HOLDER = fileURLToPath(new URL('hold-embedded-postgres.ts', import.meta.url))
const AS_ROOT = process.getuid?.() === 0

let project: string
let directory: string
let lines: string[]
let open: { stop(): Promise<void> }[]
const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line).msg) } })

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'gatehouse-embedded-'))
  await chmod(project, 0o755)
  directory = join(project, '.gatehouse')
  lines = []
  open = []
})
afterEach(async () => {
  for (const one of open) await one.stop()
  await rm(project, { recursive: true })
})

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, log })
  open.push(server)
  return server
}

/** Starts or joins the server in a process of its own, in its own process group, as a terminal would. */
async function startElsewhere(): Promise<{ url: string; owned: boolean; child: ChildProcess; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [HOLDER, directory], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    process.kill(-Number(child.pid), 'SIGINT') // to the whole group, as Ctrl-C does
    await once(child, 'exit')
  }
  const elsewhere = { ...(JSON.parse(line) as { url: string; owned: boolean }), child, stop }
  open.push(elsewhere)
  return elsewhere
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const postmasterPid = async (): Promise<number> =>
  Number.parseInt(await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8'), 10)

/** Whether the process runs. A zombie does not. */
async function runs(pid: number): Promise<boolean> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')) !== ''
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('when there is no data yet', () => {
  it('the embedded Postgres is created, durable, on loopback, behind a password', async () => {
    const { url, owned } = await start()
    expect(owned).toBe(true)
    expect(lines).toEqual([`making the embedded Postgres's data in ${directory}/postgres`])
    expect(await query(url, 'SELECT current_database()')).toEqual(['gatehouse'])
    expect(
      await query(url, "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'server_encoding')"),
    ).toEqual(['fsync', 'on', 'listen_addresses', '127.0.0.1', 'server_encoding', 'UTF8'])
    expect(await query(url, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual(['scram-sha-256'])
    await expect(query(Object.assign(new URL(url), { password: 'guess' }).href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    expect((await stat(join(directory, 'postgres-password'))).mode & 0o777).toBe(0o600)
  })

  it('two processes that start at the same time create it once', async () => {
    const [one, other] = await Promise.all([startElsewhere(), startElsewhere()])
    expect(one.url).toBe(other.url)
    expect(await query(one.url, 'SELECT 1')).toEqual([1])
  })
})

describe('when the data exists', () => {
  beforeEach(async () => {
    const server = await startEmbeddedPostgres({ directory, log })
    await query(server.url, 'CREATE TABLE kept AS SELECT 7 AS n')
    await server.stop()
    lines = []
  })

  it('the embedded Postgres starts within about a second', async () => {
    const begun = performance.now()
    const { url } = await start()
    expect(performance.now() - begun).toBeLessThan(5_000) // 0.1 s on an idle machine
    expect(await query(url, 'SELECT n FROM kept')).toEqual([7])
    expect(lines).toEqual([])
  })

  it('the embedded Postgres leaves no process behind when it stops with open connections', async () => {
    const server = await start()
    const client = new pg.Client({ connectionString: server.url })
    client.on('error', () => {})
    await client.connect()
    const pid = await postmasterPid()
    await server.stop()
    expect(await runs(pid)).toBe(false)
    await client.end()
  })

  it('the start fails when the password file is gone', async () => {
    await unlink(join(directory, 'postgres-password'))
    await expect(start()).rejects.toThrow(/postgres-password is missing.*Restore it, or remove/)
  })

  it('the start fails when the data has another version', async () => {
    await writeFile(join(directory, 'postgres', 'PG_VERSION'), '14\n')
    await expect(start()).rejects.toThrow(/was made by Postgres 14; the embedded one is 18/)
  })

  it("the start fails with Postgres's own reason", async () => {
    await writeFile(join(directory, 'postgres', 'postgresql.conf'), 'shared_buffers = many\n')
    const error = await start().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ServiceUnavailableError)
    expect(String(error)).toMatch(/does not start: .*postgresql.conf.*Its log: /)
  })
})

describe('when another process runs the embedded Postgres', () => {
  it('a second process joins it, and the last process shuts it down', async () => {
    const first = await startElsewhere()
    const second = await start()
    expect(second).toMatchObject({ url: first.url, owned: false })
    const pid = await postmasterPid()
    await first.stop()
    expect(await query(second.url, 'SELECT 1')).toEqual([1])
    await second.stop()
    expect(await runs(pid)).toBe(false)
  })

  it('it keeps running for the second process when the first stops', async () => {
    const first = await startElsewhere()
    const second = await start()
    await second.stop()
    expect(lines).toContain('the embedded Postgres stays up: another process uses it')
    expect(await query(first.url, 'SELECT 1')).toEqual([1])
  })

  it('it survives the Ctrl-C that ends its process', async () => {
    const first = await startElsewhere()
    const pid = await postmasterPid()
    await first.stop()
    expect(first.child.exitCode).toBe(0)
    expect(await runs(pid)).toBe(false)
    expect(await readFile(join(directory, 'postgres.log'), 'utf8')).toContain('database system is shut down')
  })
})

describe('when the previous run ended badly', () => {
  it('a new process takes over the server of a killed process', async () => {
    const killed = await startElsewhere()
    const pid = await postmasterPid()
    killed.child.kill('SIGKILL')
    await once(killed.child, 'exit')
    // The server notices the end of the killed process's session a moment later.
    await expect
      .poll(() => query(killed.url, "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'gatehouse presence'"))
      .toEqual([0])
    const server = await start()
    expect(server).toMatchObject({ url: killed.url, owned: true })
    expect(await postmasterPid()).toBe(pid)
    await server.stop()
    expect(await runs(pid)).toBe(false)
  })

  it('a killed server recovers with everything that was committed', async () => {
    const first = await start()
    await query(first.url, 'CREATE TABLE committed AS SELECT 1 AS n')
    process.kill(await postmasterPid(), 'SIGKILL')
    await expect.poll(() => lines).toContainEqual(expect.stringContaining('the embedded Postgres has ended'))
    const second = await start()
    expect(await query(second.url, 'SELECT n FROM committed')).toEqual([1])
  })

  it("a dead server's process id that another program now has does not block the start", async () => {
    await (await start()).stop()
    await writeFile(
      join(directory, 'postgres', 'postmaster.pid'),
      `${process.pid}\n${directory}/postgres\n1\n5432\n\n127.0.0.1\n1 1\nready\n`,
    )
    const { url } = await start()
    expect(await query(url, 'SELECT 1')).toEqual([1])
  })
})

describe.runIf(AS_ROOT)('as root, in a folder that other users cannot enter', () => {
  it('the embedded Postgres keeps its data where its unprivileged user can reach it, links to it, and says so', async () => {
    await chmod(project, 0o700)
    const server = await start()
    const data = await realpath(join(directory, 'postgres'))
    expect((await lstat(join(directory, 'postgres'))).isSymbolicLink()).toBe(true)
    expect(data).toMatch(/^\/var\/lib\/gatehouse\//)
    expect(lines).toEqual([expect.stringContaining(`data in ${dirname(data)} (as root, Postgres runs as another user`)])
    expect((await stat(`/proc/${await postmasterPid()}`)).uid).toBeGreaterThan(0)
    await query(server.url, 'CREATE TABLE kept AS SELECT 7 AS n')
    await server.stop()
    expect(await query((await start()).url, 'SELECT n FROM kept')).toEqual([7])
    await open.at(-1)?.stop()
    await rm(dirname(data), { recursive: true })
  })
})

describe('the explanation of a start failure', () => {
  it.each([
    ['initdb: error: could not write to file "x": No space left on device', /the disk is full. Free some space/],
    ["EACCES: permission denied, open '/x/.gatehouse/postgres/PG_VERSION'", /belongs to another user: run Gatehouse as that user/],
    [
      '2026-01-01 UTC [7] LOG: starting\n2026-01-01 UTC [7] FATAL:  something odd\n2026-01-01 UTC [7] LOG: database system is shut down',
      /^something odd. Fix it, or set DATABASE_URL/,
    ],
  ])('for: %s', (text, message) => {
    expect(explain(text)).toMatch(message)
  })
})
