import { errorCode, errorMessage } from '../app-error.ts'

/**
 * Postgres or the way to it is away, it did not answer in time, it has no room (disk, memory, connections), it only reads, or it undid
 * a statement that lost against another: system errors, SQLSTATE classes 08, 40, 53, 57 and 58, 25006, 55P03, Prisma's P1xxx. Prisma
 * wraps a SQLSTATE in words, and `pg` has only words for a connection that it gave up.
 */
const AWAY_STATE = '08...|40...|53...|57...|58...|25006|55P03'
const AWAY_CODE = new RegExp(`^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|${AWAY_STATE}|P1\\d{3})$`)
const AWAY_WORDS = new RegExp(`Connection terminated|timeout exceeded when trying to connect|Query read timeout|Code: \`(${AWAY_STATE})\``)

/** Whether the error says that the database is away: an outage, and nobody's fault who met it. */
export function isDatabaseAway(error: unknown): boolean {
  return AWAY_CODE.test(errorCode(error)) || AWAY_WORDS.test(errorMessage(error))
}
