import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../saga/world.ts'
import { findRedis, type LaunchedRedis, launchRedis, type RedisProgram } from '../support/redis-server.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { checkHistory } from './history-checker.ts'
import { openStage, type Stage } from './stage.ts'
import type { Child } from './start-child.ts'

const ROOT = join(import.meta.dirname, '../..')
const EVENTS = 60

let program: RedisProgram
beforeAll(async () => {
  program = await findRedis({ directory: join(ROOT, '.gatehouse'), say: console.log })
})

interface Setup {
  stage: Stage
  child: Child
  redis: LaunchedRedis
  /** A connection for the test itself. */
  client: Redis
}

/** A Redis that this test may break, with a receiver and a worker. */
async function openSetup(onTestFinished: (close: () => Promise<void>) => void, settings: string[] = []): Promise<Setup> {
  const redis = await launchRedis(program, { settings })
  onTestFinished(() => redis.stop())
  const stage = await openStage({ kind: 'redis', redisUrl: redis.url })
  onTestFinished(() => stage.close())
  const client = new Redis(redis.url)
  client.on('error', () => {}) // the test may break it
  onTestFinished(async () => client.disconnect())
  return { stage, redis, client, child: await stage.start({ concurrency: 4 }) }
}

const processed = async (stage: Stage): Promise<number> => (await stage.inbox()).filter(({ state }) => state === 'processed').length

/** Events arrive, and Redis fails while some are done, some in progress, and the others wait. */
async function deliverUntilMidway({ stage, child }: Setup): Promise<string[]> {
  stage.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: 100 })
  const events = await Promise.all(Array.from({ length: EVENTS }, () => stage.decided()))
  const accepted = await stage.deliver(child, events)
  const done = await eventually(
    () => processed(stage),
    (count) => count >= 5,
  )
  expect(done).toBeLessThan(EVENTS)
  return accepted
}

async function expectAllEnded({ stage }: Setup, accepted: readonly string[]): Promise<void> {
  expect(accepted.length).toBeGreaterThan(0)
  await eventually(
    () => processed(stage),
    (count) => count === accepted.length,
    { withinMs: 90_000 },
  )
  const verdict = await checkHistory({ story: stage.sandbox.story, sends: stage.sends, pool: stage.pool, accepted, deaths: [] })
  expect(verdict).toMatchObject({ faults: [], ended: accepted.length, accounts: accepted.length, notices: accepted.length, resent: 0 })
}

describe.concurrent('when Redis loses its data', () => {
  it('every accepted event completes after FLUSHALL', { timeout: 120_000 }, async ({ onTestFinished }) => {
    const setup = await openSetup(onTestFinished)
    const accepted = await deliverUntilMidway(setup)
    await setup.client.flushall()
    await expectAllEnded(setup, accepted)
  })

  it('every accepted event completes after kill -9 and a restart without data, and the receiver accepts meanwhile', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const setup = await openSetup(onTestFinished)
    const accepted = await deliverUntilMidway(setup)
    await setup.redis.kill()
    const meanwhile = await Promise.all(Array.from({ length: 5 }, () => setup.stage.decided()))
    const taken = await setup.stage.deliver(setup.child, meanwhile)
    expect(taken).toHaveLength(5)
    const again = await launchRedis(program, { port: setup.redis.port })
    onTestFinished(() => again.stop())
    await expectAllEnded(setup, [...accepted, ...taken])
  })

  it('the receiver accepts while its memory is full, and every accepted event completes once there is room', { timeout: 120_000 }, async ({
    onTestFinished,
  }) => {
    const setup = await openSetup(onTestFinished)
    const accepted = await deliverUntilMidway(setup)
    await setup.client.config('SET', 'maxmemory', '1')
    await expect(setup.client.set('anything', 'more')).rejects.toThrow('OOM')
    const meanwhile = await Promise.all(Array.from({ length: 5 }, () => setup.stage.decided()))
    const taken = await setup.stage.deliver(setup.child, meanwhile)
    expect(taken).toHaveLength(5)
    await setup.client.config('SET', 'maxmemory', '0')
    await expectAllEnded(setup, [...accepted, ...taken])
  })
})

describe.concurrent('when Redis may evict jobs', () => {
  it.each(['receiver', 'worker', 'operator'])('the %s refuses to start and says why', { timeout: 60_000 }, async (role) => {
    const redis = await launchRedis(program, { settings: ['--maxmemory-policy', 'allkeys-lru'] })
    const database = await createTestDatabase()
    try {
      const { code, output } = await run(role, { DATABASE_URL: database.url, REDIS_URL: redis.url })
      expect(output).toContain('maxmemory-policy allkeys-lru')
      expect(code).toBe(2)
    } finally {
      await redis.stop()
      await database.drop()
    }
  })
})

/** One command of the product, to its end. */
function run(command: string, env: Record<string, string>): Promise<{ code: unknown; output: string }> {
  const settings = { PATH: process.env.PATH ?? '', NODE_ENV: 'development', PORT: '0', OPERATOR_PORT: '0', WORKER_PORT: '0', ...env }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'src/cli/gatehouse.ts'), command], { env: settings, timeout: 40_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, output: stdout + stderr }),
    )
  })
}
