import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../src/platform/free-port.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { type Running, runGatehouse } from '../load/run-gatehouse.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const ROOT = join(import.meta.dirname, '../..')
const CLI = join(ROOT, 'src/cli/gatehouse.ts')
const PATIENCE = { timeout: 30_000, interval: 100 }
const SLOW = 120_000

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  )

/** `gatehouse start` on the database of this file, and the pid of its receiver. */
async function start(): Promise<Running & { receiverPid: number }> {
  const running = await runGatehouse({ DATABASE_URL: database.url, WORKER_PORT: '0' })
  const pool = createPool({ connectionString: database.url, max: 1, applicationName: 'process test' })
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM role_process WHERE role = 'receiver' ORDER BY started_at DESC LIMIT 1",
  )
  await pool.end()
  return { ...running, receiverPid: rows[0]?.pid ?? 0 }
}

describe('F72: gatehouse start', () => {
  it('runs the receiver as a separate process, and stops both in order', { timeout: SLOW }, async () => {
    const { process: main, receiverPid, receiverUrl, output } = await start()
    expect(receiverPid).not.toBe(main.pid)
    expect(await answers(receiverUrl)).toBe(true)
    main.kill('SIGTERM')
    expect(await once(main, 'exit')).toEqual([0, null])
    expect(await answers(receiverUrl)).toBe(false)
    expect(output()).toMatch(/SIGTERM: finishing work in progress\n(.*\n)*Gatehouse has stopped\.\n$/) // F35: says that it ends
  })

  it('leaves no receiver behind when it is killed', { timeout: SLOW }, async () => {
    const { process: main, receiverUrl } = await start()
    main.kill('SIGKILL')
    await expect.poll(() => answers(receiverUrl), PATIENCE).toBe(false)
  })

  it('exits with 1 when its receiver has gone', { timeout: SLOW }, async () => {
    const { process: main, receiverPid, output } = await start()
    process.kill(receiverPid, 'SIGKILL')
    expect(await once(main, 'exit')).toEqual([1, null])
    expect(output()).toContain('the receiver has ended')
  })
})

describe('c21: a role that npm started', () => {
  it('ends when npm gets a stop signal, although the shell between them passes no signal on', { timeout: SLOW }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-npm-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const port = await freePort()
    const command = `'${process.execPath}' '${join(ROOT, 'src/bootstrap.mjs')}' sandbox; true` // two commands, so that the shell does not replace itself
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts: { start: command } }))
    const env = { ...process.env, SANDBOX_PORT: String(port), WEBHOOK_API_KEYS: 'a-key-for-this-test-only' }
    const npm = spawn('npm', ['start'], { cwd: folder, env, stdio: 'ignore' })
    const url = `http://127.0.0.1:${port}`
    await expect.poll(() => answers(url), PATIENCE).toBe(true)
    npm.kill('SIGTERM')
    await expect.poll(() => answers(url), PATIENCE).toBe(false)
  })
})

describe('F17, c14: a command whose reader has gone', () => {
  it.each([
    ['sandbox person', 0],
    ['--help', 0],
    ['no-such-command', 2],
  ])('ends silently with its own exit code: gatehouse %s, %i', async (words, exitCode) => {
    // The reader ends at once, so the first line that the command writes meets a broken pipe.
    const bothToThePipe = `{ sleep 0.3; '${process.execPath}' '${CLI}' ${words} 2>&1; echo $? >&3; } 2>/dev/null | true`
    const outputToThePipe = `{ sleep 0.3; '${process.execPath}' '${CLI}' ${words}; echo $? >&3; } | true`
    for (const command of [bothToThePipe, outputToThePipe]) {
      const said = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
        execFile('bash', ['-c', `exec 3>&1; ${command}`], { cwd: ROOT }, (_error, stdout, stderr) => resolve({ stdout, stderr }))
      })
      expect(said).toEqual({ stdout: `${exitCode}\n`, stderr: expect.not.stringMatching(/EPIPE|throw|at .*\.ts/) })
    }
  })
})

describe('F17: a watched command', () => {
  it('prints picture after picture into a pipe, and ends silently when the reader has two', { timeout: SLOW }, async () => {
    const env = { ...process.env, DATABASE_URL: database.url }
    const command = `'${process.execPath}' '${CLI}' event list --watch --every 1; echo "exit $?" >&3`
    const said = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
      execFile('bash', ['-c', `exec 3>&1; { ${command}; } | grep -m 2 'every 1 s'`], { cwd: ROOT, env }, (_error, stdout, stderr) =>
        resolve({ stdout, stderr }),
      )
    })
    expect(said.stdout).toMatch(/^(\S+ \S+ UTC, every 1 s\n){2}exit 0\n$/)
    expect(said.stderr).not.toMatch(/EPIPE|throw|at .*\.ts/)
  })
})

describe('a command with --json', () => {
  it.each([
    [['event', 'list', '--json', '--no-such-option'], 'USAGE'],
    [['no-such-command', '--json'], 'USAGE'],
    [['event', 'list', '--json'], 'SERVICE_UNAVAILABLE'],
  ])('F24: writes an error as one JSON document on standard error: %j', async (args, code) => {
    const env = { PATH: process.env.PATH ?? '', DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', DATABASE_WAIT_SECONDS: '0' }
    const said = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [CLI, ...args], { cwd: ROOT, env }, (_error, stdout, stderr) => resolve({ stdout, stderr }))
    })
    expect(said.stdout).toBe('')
    expect(JSON.parse(said.stderr)).toMatchObject({ code, message: expect.any(String) })
  })
})

describe('F20: a project folder with a space and a quote in its name', () => {
  it('gets a curl line that finds the token', { timeout: SLOW }, async () => {
    const { output } = await start()
    const line = /^ {2}(.*curl .*)$/m.exec(output())?.[1] ?? ''
    expect(line).toMatch(/\$\(cat '[^']+\/operator-token'\)/)
    expect(output()).toMatch(/^Operator token {3}/m) // F35: also at the second start
  })
})
