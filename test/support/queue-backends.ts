import { randomUUID } from 'node:crypto'
import { describe, inject } from 'vitest'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'

/** The backend of a suite's queues. On Postgres they are in the test database's own `bullmq` schema. */
export type TestBackend = { kind: 'redis'; redisUrl: string } | { kind: 'postgres' }

/** Runs the suite once on each of the two queue backends. */
export function forEachBackend(suite: (backend: TestBackend) => void): void {
  describe('with the queue on Redis', () => suite({ kind: 'redis', redisUrl: testRedisUrl() }))
  describe('with the queue on Postgres', () => suite({ kind: 'postgres' }))
}

/** The Redis that all tests share. Each test writes under a prefix of its own. */
export function testRedisUrl(): string {
  return inject('redisUrl')
}

/** A queue for one test: under a Redis key prefix of its own, or in the test's own database. */
export function ownQueue(backend: TestBackend, databaseUrl: string): QueueBackend {
  return backend.kind === 'redis'
    ? { kind: 'redis', url: backend.redisUrl, prefix: `test-${randomUUID().slice(0, 8)}` }
    : { kind: 'postgres', connectionString: databaseUrl }
}
