import type { BackendFactory, ConnectionOptions } from 'bullmq'
import { createPostgresBackend, createRedisBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from '../platform/logger.ts'
import { surviveBreaks } from '../platform/postgres.ts'

/** Where the queue lives. Either way it is disposable: everything in it can be rebuilt from the inbox. */
export type QueueBackend = { kind: 'redis'; url: string; prefix: string } | { kind: 'postgres'; connectionString: string }

/** BullMQ's schema in our database; migrated by `gatehouse migrate`, apart from our own tables. */
export const BULLMQ_SCHEMA = 'bullmq'

/** What BullMQ's classes take: the connection and the factory of its backend. */
export interface QueueConnection {
  options: { connection: ConnectionOptions; prefix?: string }
  factory: BackendFactory
  /** Redis only: the client itself, for the eviction check. */
  redis: Redis | null
  close(): Promise<void>
}

/**
 * Opens a connection for producing or for working. A producer fails at once when Redis is away (the event is durable already,
 * and the dispatcher tries again); a worker waits for Redis as long as it takes.
 */
export function connectQueue(backend: QueueBackend, { role, logger }: { role: 'produce' | 'work'; logger: Logger }): QueueConnection {
  return backend.kind === 'redis' ? connectRedis(backend, role, logger) : connectPostgres(backend, role, logger)
}

function connectRedis({ url, prefix }: { url: string; prefix: string }, role: 'produce' | 'work', logger: Logger): QueueConnection {
  const redis = new Redis(url, {
    // BullMQ demands null for blocking clients; a producer gives up after one reconnect.
    maxRetriesPerRequest: role === 'work' ? null : 1,
    enableOfflineQueue: role === 'work',
    retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    // ioredis has no bound of its own; a half-open connection would hang a producer for ever.
    ...(role === 'produce' ? { commandTimeout: 5_000 } : {}),
  })
  sayOnce(redis, 'Redis', logger)
  return {
    options: { connection: redis as ConnectionOptions, prefix },
    factory: createRedisBackend as BackendFactory,
    redis,
    close: async () => {
      redis.disconnect()
    },
  }
}

function connectPostgres({ connectionString }: { connectionString: string }, role: 'produce' | 'work', logger: Logger): QueueConnection {
  const pool = new pg.Pool({
    connectionString,
    max: role === 'work' ? 12 : 3,
    keepAlive: true,
    application_name: `gatehouse-queue-${role}`,
    // BullMQ names its tables without a schema; the pool selects it.
    options: `-c search_path=${BULLMQ_SCHEMA}`,
  })
  surviveBreaks(pool)
  sayOnce(pool, 'Postgres (queue)', logger)
  return {
    options: { connection: pool as never }, // BullMQ's types know Redis connections; its Postgres backend takes a pool
    factory: createPostgresBackend as unknown as BackendFactory,
    redis: null,
    close: () => pool.end(),
  }
}

/** Connection errors repeat many times a second while a server is away; the log hears of each outage once in five seconds. */
function sayOnce(source: { on(event: 'error', listener: (error: Error) => void): unknown }, name: string, logger: Logger): void {
  let lastAt = 0
  source.on('error', (error) => {
    if (Date.now() - lastAt < 5_000) return
    lastAt = Date.now()
    logger.warn({ reason: error.message }, `${name} does not answer; trying again`)
  })
}
