import type { QueueBackend } from './queue-connection.ts'
import { redisDatabase, redisHosts } from './redis-url.ts'

/** The place of the queue, to show and to compare: `Redis at redis:6379, database 0`, `Postgres`. Never a user or a password. */
export function describeQueue(backend: QueueBackend): string {
  return backend.kind === 'redis' ? `Redis at ${redisHosts(backend.url)}, database ${redisDatabase(backend.url)}` : 'Postgres'
}
