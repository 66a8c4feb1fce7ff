import { errorCode, errorMessage } from '../app-error.ts'

/**
 * SQLSTATEs, and Prisma's P1xxx, that mean: Postgres cannot be reached, did not answer in time, has no room (disk, memory, connections), is
 * read-only, or undid a statement that lost against another. Prisma wraps a SQLSTATE or a system error in words. `pg` has only words for a
 * connection that it gave up.
 */
const AWAY_STATE = '08...|40...|53...|57...|58...|25006|55P03'
const AWAY_CODE = new RegExp(`^(${AWAY_STATE}|P1\\d{3})$`)
const AWAY_WORDS = new RegExp(
  `\\b(connect|getaddrinfo) E[A-Z_]+\\b|Connection terminated|timeout exceeded when trying to connect|Query read timeout|Code: \`(${AWAY_STATE})\``,
)

/** System calls that find a host or connect to it. Any error of theirs means that the host cannot be reached now. */
const REACHING = /^(connect|getaddrinfo|query[A-Z]\w*)$/
/**
 * Codes of an established connection that broke, and of errors without a system call: those of sockets, of `getaddrinfo` (`EAI_…`), of
 * Node's DNS client, and of a process without free descriptors or buffers.
 */
const UNREACHABLE = new RegExp(
  `^(EAI_[A-Z]+|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ENOTCONN|ESHUTDOWN|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|EADDRNOTAVAIL|EPROTO|` +
    'ENOBUFS|EMFILE|ENFILE|ENOTFOUND|ENODATA|ESERVFAIL|EREFUSED|ETIMEOUT|EBADRESP|ECANCELLED)$',
)

/** Whether the error means that the database is unavailable: an outage, not a fault of the request or event. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error)
  return AWAY_CODE.test(code) || UNREACHABLE.test(code) || failedReaching(error) || AWAY_WORDS.test(errorMessage(error))
}

function failedReaching(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string' && REACHING.test(error.syscall)
}
