import { z } from 'zod'
import { addressRanges, headerSecret, list, positive } from './value-schemas.ts'

/** Limits of every server of a process, and access to its metrics. */
export const HTTP = {
  ALLOWED_HOSTS: list
    .pipe(z.array(z.string().regex(/^[\w.:[\]-]+$/, 'takes names or addresses without a port')).min(1))
    .transform((names) => names.map((name) => name.toLowerCase()))
    .optional(),
  TRUSTED_PROXIES: addressRanges.optional(),
  METRICS_TOKEN: headerSecret.optional(),
  HTTP_KEEP_ALIVE_SECONDS: positive.max(3_600, 'must be at most 3600').default(620),
  HTTP_MAX_CONNECTIONS: positive.max(100_000, 'must be at most 100000').default(8_192),
  HTTP_MAX_CONNECTIONS_PER_ADDRESS: positive.max(100_000, 'must be at most 100000').default(4_096),
}
