import type { Redis } from 'ioredis'
import { isRefused } from './tolerate-hidden-info.ts'

/** Reads CONFIG, which managed services hide, else INFO. `unknown`: both are hidden. Rejects when Redis does not answer. */
export async function readEvictionPolicy(redis: Redis): Promise<string> {
  const answer: unknown = await redis.config('GET', 'maxmemory-policy').catch((error: unknown) => {
    if (!isRefused(error)) throw error
    return null
  })
  if (Array.isArray(answer) && typeof answer[1] === 'string') return answer[1]
  const info = await redis.info('memory')
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown'
}
