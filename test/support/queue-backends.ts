import { randomUUID } from 'node:crypto'
import { describe, inject } from 'vitest'

/** Where a suite's queues live. On Postgres they are in the test database's own `bullmq` schema. */
export type TestBackend = { kind: 'redis'; redisUrl: string } | { kind: 'postgres' }

/** Runs the suite once on each of the two queue backends. */
export function forEachBackend(suite: (backend: TestBackend) => void): void {
  describe('with the queue on Redis', () => suite({ kind: 'redis', redisUrl: testRedisUrl() }))
  describe('with the queue on Postgres', () => suite({ kind: 'postgres' }))
}

/** The Redis that all tests share: whoever writes to it does so under a prefix of its own. */
export function testRedisUrl(): string {
  return inject('redisUrl')
}

/** A Redis key prefix that nobody else has, for BullMQ's `prefix`. */
export function uniquePrefix(): string {
  return `test-${randomUUID().slice(0, 8)}`
}
