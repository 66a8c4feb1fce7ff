import type { BackendFactory, ConnectionOptions } from 'bullmq'
import { createRedisBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from '../platform/logger.ts'
import { surviveBreaks } from '../platform/postgres/postgres.ts'
import { sessions } from '../platform/postgres/session.ts'
import { createLastingPostgresBackend } from './lasting-postgres-backend.ts'
import { redisHosts, sentinelOptions } from './redis-url.ts'
import { tolerateHiddenInfo } from './tolerate-hidden-info.ts'

/** The backend of the queue. Either one is disposable: the inbox can rebuild all of it. */
export type QueueBackend = { kind: 'redis'; url: string; prefix: string } | { kind: 'postgres'; connectionString: string }

/** BullMQ's schema in our database; migrated by `gatehouse migrate`, apart from our own tables. */
export const BULLMQ_SCHEMA = 'bullmq'

/** Longest wait of a producer for Redis, milliseconds. */
const ANSWER_MS = 5_000
/**
 * Longest wait for a connection to Postgres, and for a query, milliseconds: emptying a long queue takes time. The wait for a job is no
 * query.
 */
const QUERY_MS = 15_000

/** The arguments of BullMQ's classes: the connection and the factory of its backend. */
export interface QueueConnection {
  options: { connection: ConnectionOptions; prefix?: string }
  factory: BackendFactory
  /** Redis only: the client itself, for the eviction check. */
  redis: Redis | null
  /** Redis's refusal of the user, or of a command that every connection needs; null: none. */
  refusal(): string | null
  /** Safe to repeat. */
  close(): Promise<void>
}

/**
 * Opens a connection for a producer or a worker. A producer fails at once when Redis is away: the event is durable already, and the
 * dispatcher tries again. A worker waits for Redis without limit.
 */
export function connectQueue(backend: QueueBackend, { role, logger }: { role: 'produce' | 'work'; logger: Logger }): QueueConnection {
  return backend.kind === 'redis' ? connectRedis(backend, role, logger) : connectPostgres(backend, role, logger)
}

function connectRedis({ url, prefix }: { url: string; prefix: string }, role: 'produce' | 'work', logger: Logger): QueueConnection {
  const options = {
    // BullMQ demands null for blocking clients. A producer gives up after one reconnect.
    maxRetriesPerRequest: role === 'work' ? null : 1,
    enableOfflineQueue: role === 'work',
    retryStrategy: (times: number): number => Math.min(50 * 2 ** times, 2_000),
    // A master that became a replica refuses a worker's writes. The same name may lead to the new master already. 2: reconnect and repeat
    // the command.
    reconnectOnError: (error: Error): 2 | false => (error.message.startsWith('READONLY') ? 2 : false),
    // ioredis has no timeouts of its own. The first one frees a producer from a half-open connection, the second frees the connection.
    ...(role === 'produce' ? { commandTimeout: ANSWER_MS, socketTimeout: 2 * ANSWER_MS } : {}),
  }
  const sentinel = sentinelOptions(url)
  const redis = tolerateHiddenInfo(sentinel ? new Redis({ ...sentinel, ...options }) : new Redis(url, options))
  sayOnce(redis, `Redis at ${redisHosts(url)}`, logger)
  let refusal: string | null = null
  redis.on('error', ({ message }) => {
    if (/NOPERM|NOAUTH|WRONGPASS|unknown command/i.test(message)) refusal = message
  })
  return {
    options: { connection: redis as ConnectionOptions, prefix },
    factory: createRedisBackend as BackendFactory,
    redis,
    refusal: () => refusal,
    close: async () => {
      redis.disconnect()
    },
  }
}

function connectPostgres({ connectionString }: { connectionString: string }, role: 'produce' | 'work', logger: Logger): QueueConnection {
  const pool = new pg.Pool({
    // BullMQ names its tables without a schema; the session selects it.
    ...sessions(connectionString, { searchPath: BULLMQ_SCHEMA }),
    max: role === 'work' ? 12 : 3,
    keepAlive: true,
    connectionTimeoutMillis: QUERY_MS,
    query_timeout: QUERY_MS, // else a half-open connection would block its query, and a closing pool, for ever
    application_name: `gatehouse-queue-${role}`,
  })
  surviveBreaks(pool)
  sayOnce(pool, 'Postgres (queue)', logger)
  let ended: Promise<void> | undefined
  return {
    options: { connection: pool as never }, // BullMQ's types only know Redis connections; its Postgres backend takes a pool
    factory: createLastingPostgresBackend as unknown as BackendFactory,
    redis: null,
    refusal: () => null,
    close: () => (ended ??= pool.end()),
  }
}

/** Logs connection errors, which repeat many times a second during an outage, at most once in 5 s. */
function sayOnce(source: { on(event: 'error', listener: (error: Error) => void): unknown }, name: string, logger: Logger): void {
  let lastAt = 0
  source.on('error', (error) => {
    if (Date.now() - lastAt < 5_000) return
    lastAt = Date.now()
    logger.warn({ reason: error.message }, `${name} does not answer; retrying`)
  })
}
