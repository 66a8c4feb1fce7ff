import { RedisContainer } from '@testcontainers/redis'
import { GenericContainer, Wait } from 'testcontainers'
import { describe, expect, it, type TestContext } from 'vitest'
import { type AwayWorld, openAwayWorld } from '../faults/away-world.ts'
import { eventually } from '../saga/world.ts'
import { dockerRefusal } from '../support/container-services.ts'

const EVENTS = 150
const DATA = '/var/lib/postgresql/data'
const WAL = '/var/lib/postgresql/wal'
const VOLUME_BYTES = 128 * 1024 * 1024

interface Disk {
  name: string
  queue: 'redis' | 'postgres'
  /** With its log on another volume, statements fail for lack of room. With its log on the same volume, Postgres ends and cannot start. */
  logApart: boolean
}
const DISKS: readonly Disk[] = [
  { name: 'of the data, with the queue on Redis', queue: 'redis', logApart: true },
  { name: 'of the data, with the queue on Postgres', queue: 'postgres', logApart: true },
  { name: 'of the data and the log, with the queue on Postgres', queue: 'postgres', logApart: false },
]

describe.concurrent('when the disk of Postgres is full', () => {
  it.for(DISKS)(
    'the volume $name: Gatehouse refuses events, spends no attempt, and completes everything once there is room',
    {
      timeout: 240_000,
    },
    async ({ queue, logApart }, { onTestFinished }) => {
      const postgres = await startOnSmallDisk({ logApart, onTestFinished })
      const backend = queue === 'postgres' ? ({ kind: 'postgres' } as const) : await startRedis(onTestFinished)
      const world = await openAwayWorld({ backend, postgresUrl: postgres.url, redisDatabase: 0, pace: 100, onTestFinished })
      world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: 200 })
      await world.decide(EVENTS)
      await eventually(
        () => world.notices.sends.length,
        (count) => count > 0,
        { withinMs: 60_000 },
      )
      const ended = await world.outage(async () => {
        await postgres.fill()
        await world.decide(EVENTS)
        const refusal = await eventually(
          () => world.post(),
          ({ status }) => status !== 200,
          { withinMs: 60_000 },
        )
        expect(refusal).toEqual({ status: 503, retryAfter: '5' })
        await eventually(
          () => world.sandbox.webhooks.pending,
          ({ ready, inFlight, waiting }) => ready + inFlight === 0 && waiting > 0,
          { withinMs: 60_000 },
        )
        await postgres.free()
        await world.ends({ withinMs: 120_000 })
        return countEndings(world)
      })

      expect(ended).toEqual({ spent: 0, parked: 0, dead: 0 })
      expect(await world.verdict()).toMatchObject({ faults: [], ended: 2 * EVENTS, accounts: 2 * EVENTS, notices: 2 * EVENTS })
      expect(world.gatehouse.process.exitCode).toBeNull()
      expect(await postgres.ranOutOfRoom()).toBe(true)
    },
  )
})

async function countEndings({ pool }: AwayWorld): Promise<unknown> {
  const { rows } = await pool.query(`
    SELECT sum(attempts)::int AS spent, count(*) FILTER (WHERE state = 'parked')::int AS parked, count(*) FILTER (WHERE state = 'dead')::int AS dead
    FROM inbox_event`)
  return rows[0]
}

type OnTestFinished = TestContext['onTestFinished']

/** A Postgres on a small volume that is really full when it is filled. It starts again whenever it ends by itself. */
async function startOnSmallDisk({ logApart, onTestFinished }: { logApart: boolean; onTestFinished: OnTestFinished }) {
  await refuseWithoutDocker()
  const size = { [DATA]: `rw,size=${VOLUME_BYTES}`, ...(logApart ? { [WAL]: `rw,size=${VOLUME_BYTES}` } : {}) }
  const settings = '-c max_connections=200 -c max_wal_size=32MB -c min_wal_size=2MB'
  const container = await new GenericContainer('postgres:17-alpine')
    .withEnvironment({
      POSTGRES_PASSWORD: 'test',
      POSTGRES_INITDB_ARGS: '--wal-segsize=1',
      ...(logApart ? { POSTGRES_INITDB_WALDIR: `${WAL}/log` } : {}),
    })
    .withTmpFs(size)
    .withExposedPorts(5432)
    .withEntrypoint(['sh', '-c', `while true; do docker-entrypoint.sh postgres ${settings}; sleep 0.3; done`])
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start()
  onTestFinished(() => container.stop({ timeout: 0 }).then(() => undefined))
  const shell = (command: string) => container.exec(['sh', '-c', command])
  return {
    url: `postgres://postgres:test@127.0.0.1:${container.getMappedPort(5432)}/postgres`,
    fill: () => shell(`dd if=/dev/zero of=${DATA}/ballast bs=4k; sync`),
    free: () => shell(`rm ${DATA}/ballast`),
    ranOutOfRoom: async () => {
      let said = ''
      const stream = await container.logs()
      stream.on('data', (line) => (said += String(line)))
      return eventually(
        () => said.includes('No space left on device'),
        (found) => found,
      )
    },
  }
}

async function startRedis(onTestFinished: OnTestFinished) {
  const redis = await new RedisContainer('redis:7-alpine').start()
  onTestFinished(() => redis.stop({ timeout: 0 }).then(() => undefined))
  return { kind: 'redis', redisUrl: redis.getConnectionUrl() } as const
}

async function refuseWithoutDocker(): Promise<void> {
  const refusal = await dockerRefusal()
  if (refusal !== null) throw new Error(`No Docker engine answers, and this test needs one: ${refusal}`)
}
