import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import type { World } from '../../src/roster/role-process.ts'
import { createRoster } from '../../src/roster/roster.ts'
import { differences, refuseOtherWorld } from '../../src/roster/world.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const WORLD: World = { queue: 'Redis at redis:6379, database 0', upstream: 'https://api.sandbox.paxos.com/v2', simulated: false }
let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
})
beforeEach(() => pool.query('DELETE FROM role_process'))
afterAll(async () => {
  await pool.end()
  await database.drop()
})
const roster = () => createRoster({ pool, logger: createLogger({ level: 'silent' }) })

/** The row of another process: its machine, its pid, and how many seconds it has been silent. */
async function other({ host = hostname(), pid = process.pid, silentSeconds = 0, queue = WORLD.queue } = {}): Promise<void> {
  await pool.query(
    `INSERT INTO role_process (id, role, host, pid, queue, upstream, simulated, heartbeat_at)
     VALUES ($1, 'worker', $2, $3, $4, $5, false, clock_timestamp() - make_interval(secs => $6))`,
    [randomUUID(), host, pid, queue, WORLD.upstream, silentSeconds],
  )
}

const endedPid = (): number => spawnSync(process.execPath, ['--version']).pid

describe('the roster', () => {
  it('lists a process from its start until it leaves', async () => {
    const { leave } = await roster().enroll({ ...WORLD, role: 'operator', url: 'http://127.0.0.1:8081' })
    expect(await roster().live()).toMatchObject([{ ...WORLD, role: 'operator', url: 'http://127.0.0.1:8081', pid: process.pid }])
    await leave()
    expect(await roster().live()).toEqual([])
  })

  it.each([
    ['a process that has been silent for 21 s', { silentSeconds: 21 }, 0],
    ['a process of another machine that has been silent for 15 s', { host: 'elsewhere', pid: 1, silentSeconds: 15 }, 1],
    ['a process of this machine that has ended', { pid: endedPid() }, 0],
    ['a process of another machine with the pid of an ended one here', { host: 'elsewhere', pid: endedPid() }, 1],
  ])('counts %s: %o as %i', async (_name, process, count) => {
    await other(process)
    expect(await roster().live()).toHaveLength(count)
  })

  it('removes rows of processes that died more than an hour ago at the next start', async () => {
    await other({ silentSeconds: 3_700 })
    await (await roster().enroll({ ...WORLD, role: 'worker', url: null })).leave()
    expect((await pool.query('SELECT 1 FROM role_process')).rows).toEqual([])
  })

  it('writes the row again that a restored backup has removed', async () => {
    const { leave } = await roster().enroll({ ...WORLD, role: 'worker', url: null })
    await pool.query('DELETE FROM role_process')
    await expect.poll(() => roster().live(), { timeout: 10_000 }).toHaveLength(1)
    await leave()
  })
})

describe('the comparison of the settings of two processes', () => {
  it('accepts several names of one machine, and a receiver, which never calls Paxos', async () => {
    await other({ queue: 'Redis at localhost:6379, database 0' })
    const running = await roster().live()
    expect(differences({ ...WORLD, queue: 'Redis at 127.0.0.1:6379, database 0', upstream: `${WORLD.upstream}/` }, running)).toEqual([])
    expect(differences({ ...WORLD, queue: 'Redis at [::1]:6379, database 0', upstream: null }, running)).toEqual([])
  })

  it('F8, F9: fails for another queue and for another Paxos, with both settings of each', async () => {
    await other({ host: 'host-a', pid: 7 })
    const running = await roster().live()
    const mine = { queue: 'Postgres', upstream: 'http://127.0.0.1:8090/v2', simulated: true }
    expect(() => refuseOtherWorld(mine, running)).toThrow(
      'The queue of the worker (pid 7 on host-a) is on Redis at redis:6379, database 0; here it would be on Postgres. Set the same REDIS_URL (or none) as in that process. ' +
        'The worker (pid 7 on host-a) calls Paxos at https://api.sandbox.paxos.com/v2; here it would be http://127.0.0.1:8090/v2.',
    )
  })
})
