import { ConfigError } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { createEventQueue, type EventQueue } from '../queue/event-queue.ts'
import type { Foundation } from './open-foundation.ts'

/**
 * Opens the queue. Redis may be away: events are accepted meanwhile and wait. Two faults that waiting cannot cure end the start: a Redis
 * that may evict keys loses jobs at any time (BullMQ, "Going to production"), and one that refuses the user takes none. @throws ConfigError
 */
export async function openQueue({ queueBackend }: Foundation, logger: Logger): Promise<EventQueue> {
  const queue = createEventQueue(queueBackend, { logger })
  const policy = await queue.evictionPolicy()
  const problem = refusalOf(policy, queue.refusal())
  if (problem !== null) {
    await queue.close()
    throw new ConfigError([problem])
  }
  if (policy === 'unknown')
    logger.warn(
      'the maxmemory-policy of Redis is unknown (CONFIG and INFO are hidden, or Redis does not answer): check that it is noeviction',
    )
  return queue
}

function refusalOf(policy: string | null, refusal: string | null): string | null {
  if (refusal !== null) return `REDIS_URL: Redis refuses this user (${refusal}): correct user and password, or grant the command`
  if (policy === null || policy === 'unknown' || policy === 'noeviction') return null
  return `REDIS_URL names a Redis with maxmemory-policy ${policy}, which drops jobs: set it to noeviction`
}
