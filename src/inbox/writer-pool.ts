import pg from 'pg'
import type { Logger } from '../platform/logger.ts'
import { isPooled } from '../platform/postgres/database-url.ts'
import { sessions } from '../platform/postgres/session.ts'

const CHECK_FSYNC = `SELECT current_setting('fsync') AS fsync`
/**
 * `remote_apply` is stricter than `on` and stays. Behind PgBouncer a session soon serves another client, so nothing is set there: the
 * insert itself does nothing when commits are not durable.
 */
const SYNC_COMMITS = `SELECT current_setting('fsync') AS fsync,
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`

/** A pool of the acceptor's own: no other user can change its settings, and the next commit replaces a failed connection. */
export function createWriterPool(options: { connectionString: string; logger: Logger; timeoutMs: number; writers: number }): pg.Pool {
  const { connectionString, logger, timeoutMs, writers } = options
  const pooled = isPooled(connectionString)
  let warned = false
  const pool = new pg.Pool({
    ...sessions(connectionString, { settings: { statement_timeout: timeoutMs } }),
    application_name: 'gatehouse inbox',
    max: writers,
    idleTimeoutMillis: 0,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    // The pool awaits the promise, though its types do not say so.
    onConnect: async (client) => {
      const { rows } = await client.query<{ fsync: string }>(pooled ? CHECK_FSYNC : SYNC_COMMITS)
      if (rows[0]!.fsync === 'on' || warned) return
      warned = true
      logger.warn('Postgres runs with fsync=off: accepted events do not survive a crash of its machine')
    },
  })
  pool.on('error', () => {}) // an idle connection broke: the pool dropped it, and the next commit opens another
  return pool
}
