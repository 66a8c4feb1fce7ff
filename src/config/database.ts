import { z } from 'zod'
import { parseDatabaseUrl } from '../platform/postgres/database-url.ts'

/** Accepts what `pg` accepts, also an address without a host and with the folder of a socket. */
export const databaseUrl = z.string().refine((text) => {
  try {
    return /^postgres(ql)?:$/.test(parseDatabaseUrl(text).protocol)
  } catch {
    return false
  }
}, 'must be a postgres:// or postgresql:// URL')

/** The database, which holds all that must not be lost. */
export const DATABASE = {
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  DATABASE_WAIT_SECONDS: z.coerce.number('must be a number').min(0).default(30),
}
