import { join } from 'node:path'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../saga/world.ts'
import { findRedis, type LaunchedRedis, launchRedis, launchSentinel, type RedisProgram } from '../support/redis-server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { checkHistory } from './history-checker.ts'
import { openStage, type Stage } from './stage.ts'

const EVENTS = 60
type Finish = (close: () => Promise<void>) => void

let program: RedisProgram
beforeAll(async () => {
  program = await findRedis({ directory: join(import.meta.dirname, '../../.gatehouse'), say: console.log })
})

/** A master and its replica. */
async function openPair(onTestFinished: Finish): Promise<{ master: LaunchedRedis; replica: LaunchedRedis }> {
  const master = await launchRedis(program)
  onTestFinished(() => master.stop())
  const replica = await launchRedis(program, { settings: ['--replicaof', '127.0.0.1', String(master.port)] })
  onTestFinished(() => replica.stop())
  await eventually(
    () => tell(replica, 'role'),
    (role) => Array.isArray(role) && role[3] === 'connected',
  )
  return { master, replica }
}

async function tell({ url }: LaunchedRedis, command: string, ...words: (string | number)[]): Promise<unknown> {
  const redis = new Redis(url)
  try {
    return await redis.call(command, ...words)
  } finally {
    redis.disconnect()
  }
}

const roleOf = async (redis: LaunchedRedis): Promise<unknown> => ((await tell(redis, 'role')) as unknown[])[0]

const processed = async (stage: Stage): Promise<number> => (await stage.inbox()).filter(({ state }) => state === 'processed').length

/** Sixty events arrive. `fail` runs when some are done, some in progress, and most wait; five more arrive meanwhile. All must complete. */
async function failMidway(stage: Stage, fail: () => Promise<unknown>): Promise<void> {
  const child = await stage.start({ concurrency: 4 })
  stage.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: 100 })
  const events = await Promise.all(Array.from({ length: EVENTS }, () => stage.decided()))
  const accepted = await stage.deliver(child, events)
  const done = await eventually(
    () => processed(stage),
    (count) => count >= 5,
  )
  expect(done).toBeLessThan(EVENTS)
  const failed = fail()
  const late = await Promise.all(Array.from({ length: 5 }, () => stage.decided()))
  accepted.push(...(await stage.deliver(child, late)))
  await failed
  expect(accepted).toHaveLength(EVENTS + late.length)
  await eventually(
    () => processed(stage),
    (count) => count === accepted.length,
    { withinMs: 90_000 },
  )
  const verdict = await checkHistory({ story: stage.sandbox.story, sends: stage.sends, pool: stage.pool, accepted, deaths: [] })
  expect(verdict).toMatchObject({ faults: [], ended: accepted.length, accounts: accepted.length, notices: accepted.length, resent: 0 })
}

describe.concurrent('when Redis fails over with jobs in progress', () => {
  it('every accepted event completes on the replica that a Sentinel promotes after the master was killed', { timeout: 120_000 }, async ({
    onTestFinished,
  }) => {
    const { master, replica } = await openPair(onTestFinished)
    const sentinel = await launchSentinel(program, { master: master.port })
    onTestFinished(() => sentinel.stop())
    await eventually(
      () => tell(sentinel, 'sentinel', 'replicas', 'gatehouse'),
      (replicas) => Array.isArray(replicas) && replicas.length === 1,
    )
    const stage = await openStage({ kind: 'redis', redisUrl: `redis+sentinel://127.0.0.1:${sentinel.port}/gatehouse` })
    onTestFinished(() => stage.close())
    await failMidway(stage, () => master.kill())
    expect(await roleOf(replica)).toBe('master')
  })

  it('every accepted event completes when the name leads to a new master and the old one lives on as its replica', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const { master, replica } = await openPair(onTestFinished)
    const to = { port: master.port }
    const name = await startTcpProxy(to)
    onTestFinished(() => name.close())
    const stage = await openStage({ kind: 'redis', redisUrl: `redis://127.0.0.1:${name.port}` })
    onTestFinished(() => stage.close())
    await failMidway(stage, async () => {
      await tell(replica, 'replicaof', 'no', 'one')
      to.port = replica.port
      await tell(master, 'replicaof', '127.0.0.1', replica.port) // it closes no connection, and refuses writes
    })
    expect(await roleOf(master)).toBe('slave')
  })
})
