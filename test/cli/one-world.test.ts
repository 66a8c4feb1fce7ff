import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { startOnce } from '../../src/compose/join-world.ts'
import type { Foundation } from '../../src/compose/open-foundation.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createRoster } from '../../src/roster/roster.ts'
import { type Running, runGatehouse } from '../load/run-gatehouse.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')
/** Another logical database of the same Redis. */
const redisUrl = (database: number): string => `${inject('redisUrl')}/${database}`

const later: (() => Promise<void>)[] = []
const onTestFinished = (close: () => Promise<void>): void => void later.push(close)
let database: TestDatabase
let world: Running
beforeAll(async () => {
  database = await createTestDatabase()
  world = await runGatehouse({ DATABASE_URL: database.url, REDIS_URL: redisUrl(11) }, { onTestFinished: onTestFinished as never })
})
afterAll(async () => {
  for (const close of later.toReversed()) await close()
  await database.drop()
})

interface Ended {
  code: number | string
  output: string
}

/** One command in a shell of its own, with only these variables. */
function shell(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const given = { PATH: process.env.PATH ?? '', NODE_ENV: 'development', DATABASE_URL: database.url, ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env: given, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? 'killed') : 0, output: stdout + stderr }),
    )
  })
}

const PAUSE = ['queue', 'pause', '--operator', 'ada', '--reason', 'deploy 42']

describe('a shell with other settings than the running roles', () => {
  it.each([
    ['queue', PAUSE],
    ['status', ['queue', 'status']],
    ['rebuild', ['queue', 'rebuild', '--operator', 'ada', '--reason', 'lost it']],
  ])('F8: is refused without REDIS_URL, with both settings named (%s)', async (_name, args) => {
    const { code, output } = await shell(args)
    expect(code).toBe(1)
    expect(output).toMatch(/\(pid \d+ on .+\) is on Redis at 127\.0\.0\.1:\d+, database 11; here it would be on Postgres\./)
    expect(output).toContain('Nothing was done. [OTHER_WORLD]')
  })

  it('F8: is refused with another database of the same Redis, also by another role', async () => {
    const wrong = { REDIS_URL: redisUrl(12), WORKER_PORT: '0' }
    expect((await shell(PAUSE, wrong)).output).toMatch(/database 11; here it would be on Redis at 127\.0\.0\.1:\d+, database 12/)
    expect(await shell(['worker'], wrong)).toMatchObject({ code: 1, output: expect.stringContaining('[OTHER_WORLD]') })
  })

  it('F9: is refused when it would start a second simulator', async () => {
    const second = await shell(['start'], { REDIS_URL: redisUrl(11), PORT: '0', OPERATOR_PORT: '0', SANDBOX_PORT: '0' })
    expect(second.code).toBe(1)
    expect(second.output).toMatch(/calls Paxos at http:\/\/127\.0\.0\.1:\d+\/v2; here it would be http:\/\/127\.0\.0\.1:\d+\/v2/)
    expect(second.output).toContain('[OTHER_WORLD]')
  })

  it('can run doctor, which names the differences and exits with 1', async () => {
    const { code, output } = await shell(['doctor', '--json'])
    expect(code).toBe(1)
    const roles = JSON.parse(output).find(({ check }: { check: string }) => check === 'roles')
    expect(roles).toMatchObject({ result: 'fault', saw: expect.stringMatching(/is on Redis .*; here it would be on Postgres/) })
  })

  it('gets an error without user and password', async () => {
    const secret = redisUrl(12).replace('//', '//default:hush@')
    expect((await shell(PAUSE, { REDIS_URL: secret })).output).not.toContain('hush')
  })
})

describe('a shell with the same settings', () => {
  const same = { REDIS_URL: redisUrl(11) }

  it('acts on the queue of the roles, and finds their simulator without its port', async () => {
    expect(await shell(PAUSE, same)).toMatchObject({ code: 0, output: expect.stringContaining('paused') })
    expect((await shell(['queue', 'resume', '--operator', 'ada', '--reason', 'deployed'], same)).code).toBe(0)
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-world-'))
    onTestFinished(async () => rmSync(folder, { recursive: true }))
    const file = join(folder, 'person.json')
    writeFileSync(file, (await shell(['sandbox', 'person'])).output)
    expect(await shell(['onboarding', 'create', file], same)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Opened onboarding'),
    })
  })

  it('F18: sees in doctor which roles run, and that Paxos answers, with its address', async () => {
    const { output } = await shell(['doctor', '--json'], same)
    const findings = Object.fromEntries(JSON.parse(output).map((finding: { check: string }) => [finding.check, finding]))
    expect(findings.roles).toMatchObject({ result: 'ok', saw: expect.stringMatching(/^1 receiver, 1 worker, 1 operator; all reported/) })
    expect(findings.paxos).toMatchObject({
      result: 'ok',
      saw: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v2 \(the simulator\) answered in \d+ ms/),
    })
  })

  it('F35: finds the address of every role in .gatehouse/running.json', () => {
    const path = join(import.meta.dirname, '../../.gatehouse/running.json')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      pid: world.process.pid,
      pages: `${world.operatorUrl}/`,
      receiver: world.receiverUrl,
    })
  })
})

describe('c08: two installations on one Redis', () => {
  it('have a queue each, even when one database is a copy of the other: pausing one does not stop the other', async () => {
    const other = await createTestDatabase()
    onTestFinished(() => other.drop())
    const env = { DATABASE_URL: other.url, REDIS_URL: redisUrl(11) }
    await runGatehouse(env, { onTestFinished: onTestFinished as never })
    expect((await shell(PAUSE, env)).output).toContain('paused')
    expect((await shell(['queue', 'status'], { REDIS_URL: redisUrl(11) })).output).not.toContain('paused')
  })
})

describe('two runs of gatehouse start in one folder', () => {
  it('F9: leave the first one running, and tell the second its pid and the address of its pages', async () => {
    const own = await createTestDatabase()
    onTestFinished(() => own.drop())
    const pool = new pg.Pool({ connectionString: own.url })
    const roster = createRoster({ pool, logger: createLogger({ level: 'silent' }) })
    // At most this much of a foundation is read.
    const foundation = {
      roster,
      config: { paxos: null },
      queueBackend: { kind: 'postgres' },
      simulatorUrl: 'http://127.0.0.1:1',
    } as unknown as Foundation
    const first = await startOnce(foundation)
    await expect(startOnce(foundation)).rejects.toThrow(`(pid ${process.pid} on ${hostname()}), still starting`)
    await roster.enroll({ queue: 'Postgres', upstream: null, simulated: true, role: 'operator', url: 'http://127.0.0.1:8081' })
    await expect(startOnce(foundation)).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining('pages at http://127.0.0.1:8081/. Use it'),
    })
    await first.close()
    await (await startOnce(foundation)).close()
    await pool.end()
  })
})

describe('when the roles have stopped', () => {
  it('F18: doctor says so, with the commands that start them, and exits with 1', async () => {
    world.process.kill('SIGKILL')
    await new Promise((resolve) => world.process.once('exit', resolve))
    // The receiver is a separate process that ends when it loses its parent.
    const { code, findings } = await vi.waitFor(
      async () => {
        const { code, output } = await shell(['doctor', '--json'], { REDIS_URL: redisUrl(11), SANDBOX_PORT: '9' }) // no process listens there
        const found = Object.fromEntries(JSON.parse(output).map((finding: { check: string }) => [finding.check, finding]))
        expect(found.roles).toMatchObject({ result: 'fault', saw: '0 receiver, 0 worker, 0 operator' })
        return { code, findings: found }
      },
      { timeout: 20_000, interval: 250 },
    )
    expect(findings.paxos).toMatchObject({ result: 'fault', saw: expect.stringContaining('[PAXOS_UNAVAILABLE]') })
    expect(code).toBe(1)
  })

  it('a shell with other settings can start', async () => {
    expect((await shell(['queue', 'status'])).code).toBe(0)
  })
})
