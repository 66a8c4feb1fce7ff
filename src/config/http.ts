import { headerSecret, positive } from './value-schemas.ts'

/** Bounds of every server of a process, and what opens its metrics. */
export const HTTP = {
  METRICS_TOKEN: headerSecret.optional(),
  HTTP_KEEP_ALIVE_SECONDS: positive.max(3_600, 'must be at most 3600').default(620),
  HTTP_MAX_CONNECTIONS: positive.max(100_000, 'must be at most 100000').default(8_192),
  HTTP_MAX_CONNECTIONS_PER_ADDRESS: positive.max(100_000, 'must be at most 100000').default(4_096),
}
