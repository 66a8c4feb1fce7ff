import { errorCode, errorMessage } from './app-error.ts'

/**
 * Postgres or the way to it is away, or it did not answer in time: system errors, SQLSTATE classes 08 and 57, too many connections,
 * Prisma's P1xxx. Prisma wraps a SQLSTATE in words, and `pg` has only words for a connection that it gave up.
 */
const AWAY_CODE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08...|57...|53300|P1\d{3})$/
const AWAY_WORDS = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Code: `(08...|57...|53300)`/

/** Whether the error says that the database is away: an outage, and nobody's fault who met it. */
export function isDatabaseAway(error: unknown): boolean {
  return AWAY_CODE.test(errorCode(error)) || AWAY_WORDS.test(errorMessage(error))
}
