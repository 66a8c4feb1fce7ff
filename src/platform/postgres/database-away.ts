import { errorCode, errorMessage } from '../app-error.ts'

/**
 * Postgres cannot be reached, did not answer in time, has no room (disk, memory, connections), only reads, or undid a statement that lost
 * against another: SQLSTATE classes 08, 40, 53, 57 and 58, 25006, 55P03, Prisma's P1xxx. Prisma wraps a SQLSTATE, or a system error, in words, and
 * `pg` has only words for a connection that it gave up.
 */
const AWAY_STATE = '08...|40...|53...|57...|58...|25006|55P03'
const AWAY_CODE = new RegExp(`^(${AWAY_STATE}|P1\\d{3})$`)
const AWAY_WORDS = new RegExp(
  `\\b(connect|getaddrinfo) E[A-Z_]+\\b|Connection terminated|timeout exceeded when trying to connect|Query read timeout|Code: \`(${AWAY_STATE})\``,
)

/** Whatever the system says of a failed attempt to find a host or to connect to it means that it cannot be reached now. */
const REACHING = /^(connect|getaddrinfo|query[A-Z]\w*)$/
/**
 * Codes of a connection that stood, and of errors that lost their system call on the way: those of sockets, `getaddrinfo`'s (`EAI_…`),
 * the DNS client's of Node, and what a process without free descriptors or buffers gets.
 */
const UNREACHABLE = new RegExp(
  `^(EAI_[A-Z]+|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ENOTCONN|ESHUTDOWN|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|EADDRNOTAVAIL|EPROTO|` +
    'ENOBUFS|EMFILE|ENFILE|ENOTFOUND|ENODATA|ESERVFAIL|EREFUSED|ETIMEOUT|EBADRESP|ECANCELLED)$',
)

/** Whether the error says that the database is away: an outage, and no fault of the request or event that met it. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error)
  return AWAY_CODE.test(code) || UNREACHABLE.test(code) || failedReaching(error) || AWAY_WORDS.test(errorMessage(error))
}

function failedReaching(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string' && REACHING.test(error.syscall)
}
