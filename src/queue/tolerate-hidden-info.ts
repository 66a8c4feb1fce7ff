import type { Redis } from 'ioredis'

/** Redis's answers for a command that an administrator has forbidden the user or renamed. */
const REFUSED = /NOPERM|unknown command/i

type InfoCallback = (error: Error | null, text?: string) => void

/**
 * Some providers forbid `INFO`. Both ioredis (is the server loading?) and BullMQ (which version?) call it before anything else. When it is
 * refused, this builds the answer from `HELLO`, which every user may call. Connections that BullMQ duplicates from this one do the same.
 */
export function tolerateHiddenInfo(redis: Redis): Redis {
  const info = redis.info.bind(redis) as (...sections: string[]) => Promise<string>
  const duplicate = redis.duplicate.bind(redis)
  const ask = (...given: unknown[]): Promise<string> => {
    const callback = typeof given.at(-1) === 'function' ? (given.pop() as InfoCallback) : undefined // ioredis itself calls it this way
    const answer = info(...(given as string[])).catch((error: unknown) => {
      if (!isRefused(error)) throw error
      return infoFromHello(redis)
    })
    if (callback)
      answer.then(
        (text) => callback(null, text),
        (error: Error) => callback(error),
      )
    return answer
  }
  return Object.assign(redis, {
    info: ask,
    duplicate: (...given: Parameters<typeof duplicate>) => tolerateHiddenInfo(duplicate(...given)),
  })
}

export function isRefused(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message)
}

/** `HELLO` answers with alternating names and values: `server, redis, version, 7.0.15, …`. */
async function infoFromHello(redis: Redis): Promise<string> {
  const answer: unknown = await redis.call('HELLO')
  const words: unknown[] = Array.isArray(answer) ? answer : []
  const version = words[words.indexOf('version') + 1]
  return `redis_version:${typeof version === 'string' ? version : '6.0.0'}\r\nloading:0`
}
