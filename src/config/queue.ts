import { z } from 'zod'

const SENTINEL = /^rediss?\+sentinel:\/\/([^@/]*:[^@/]*@)?[^@/?#,]+(,[^@/?#,]+)*\/[^/?#]+(\/\d+)?(\?sentinelPassword=[^&#]+)?$/

/** The place of the queue, unless it is on Postgres. */
export const QUEUE = {
  REDIS_URL: z
    .union([z.url({ protocol: /^rediss?$/ }), z.string().regex(SENTINEL)], {
      error: 'must be a redis:// or rediss:// URL, or redis+sentinel://host:port,host:port/master',
    })
    .optional(),
}
