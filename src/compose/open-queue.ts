import { ConfigError } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { createEventQueue, type EventQueue } from '../queue/event-queue.ts'
import type { Foundation } from './open-foundation.ts'

/** A Redis that may evict keys loses jobs at any time; it is refused (BullMQ, "Going to production"). */
export async function openQueue({ queueBackend }: Foundation, logger: Logger): Promise<EventQueue> {
  const queue = createEventQueue(queueBackend, { logger })
  const policy = await queue.evictionPolicy()
  if (policy === null || policy === 'noeviction') return queue
  await queue.close()
  throw new ConfigError([`REDIS_URL names a Redis with maxmemory-policy ${policy}, which drops jobs: set it to noeviction`])
}
