import { z } from 'zod'
import { parseDatabaseUrl } from '../platform/postgres/database-url.ts'

/** Takes what `pg` takes: an address without a host, which names the folder of a socket, too. */
const databaseUrl = z.string().refine((text) => {
  try {
    return /^postgres(ql)?:$/.test(parseDatabaseUrl(text).protocol)
  } catch {
    return false
  }
}, 'must be a postgres:// or postgresql:// URL')

/** Where everything is that must not be lost. */
export const DATABASE = {
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  DATABASE_WAIT_SECONDS: z.coerce.number('must be a number').min(0).default(30),
}
