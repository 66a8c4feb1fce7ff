import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createLogger } from '../../src/platform/logger.ts'
import { startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'
import { startRedis } from '../../test/support/redis-server.ts'

/** The servers that a bench runs on. */
export interface Services {
  /** A server on which databases may be created. */
  postgresUrl: string
  /** A database of that Redis without other data. */
  redisUrl: string
  emptyRedis(): Promise<void>
  /** CPU time of Redis until now, in seconds. */
  redisCpuSeconds(): Promise<number>
  close(): Promise<void>
}

const DIRECTORY = fileURLToPath(new URL('../../.gatehouse', import.meta.url))
/** Redis numbers its databases. Products that share a Redis are hardly in this one. */
const REDIS_DATABASE = 9

/** The Postgres of DATABASE_URL, else the embedded one. Its URL names a database without data. */
export async function openPostgres(): Promise<{ url: string; close(): Promise<void> }> {
  const { DATABASE_URL } = process.env
  if (DATABASE_URL) return { url: DATABASE_URL, close: async () => {} }
  const embedded = await startEmbeddedPostgres({ directory: `${DIRECTORY}/bench`, log: createLogger({ level: 'warn' }) })
  return { url: embedded.url, close: () => embedded.stop() }
}

/** Postgres as above; the Redis of REDIS_URL, else a redis-server of this machine, else a container. */
export async function openServices(): Promise<Services> {
  const say = (line: string): void => console.error(line)
  const server = await startRedis({ directory: DIRECTORY, say }).catch((error: unknown) => startRedisContainer(error, say))
  const redisUrl = Object.assign(new URL(server.url), { pathname: `/${REDIS_DATABASE}` }).href
  const redis = new Redis(redisUrl)
  const closeRedis = async (): Promise<void> => {
    redis.disconnect()
    await server.stop()
  }
  if ((await redis.dbsize()) > 0) {
    await closeRedis()
    throw new Error(`database ${REDIS_DATABASE} of the Redis at ${new URL(redisUrl).host} is not empty: give the bench another Redis`)
  }
  const postgres = await openPostgres()
  return {
    postgresUrl: postgres.url,
    redisUrl,
    emptyRedis: async () => void (await redis.flushdb()),
    redisCpuSeconds: async () => {
      const used = (await redis.info('cpu')).matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)
      return [...used].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
    },
    close: async () => {
      await redis.flushdb()
      await closeRedis()
      await postgres.close()
    },
  }
}

async function startRedisContainer(why: unknown, say: (line: string) => void): Promise<{ url: string; stop(): Promise<void> }> {
  const { RedisContainer } = await import('@testcontainers/redis')
  const container = await new RedisContainer('redis:7-alpine').start().catch(() => {
    throw why // its remedies are the better ones
  })
  say('Redis: a container')
  return { url: container.getConnectionUrl(), stop: async () => void (await container.stop({ timeout: 0 })) }
}

/** The context of every number: the machine, the versions, and whether commits are synced to disk. */
export async function describeGround(postgresUrl: string): Promise<Record<string, string | number>> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, string>>(
      `SELECT current_setting('server_version') AS postgres, current_setting('fsync') AS fsync,
         current_setting('synchronous_commit') AS synchronous_commit, current_setting('wal_sync_method') AS wal_sync_method,
         current_setting('full_page_writes') AS full_page_writes`,
    )
    return { cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', platform: process.platform, node: process.version, ...rows[0] }
  } finally {
    await client.end()
  }
}
