import pg from 'pg'
import type { Logger } from '../platform/logger.ts'
import { isPooled } from '../platform/postgres/database-url.ts'
import { sessions } from '../platform/postgres/session.ts'

const CHECK_FSYNC = `SELECT current_setting('fsync') AS fsync`
/**
 * `remote_apply` is stricter than `on` and stays. Behind PgBouncer a session is another client's a moment later, so nothing is set there: the
 * statement itself inserts nothing where commits are not durable.
 */
const SYNC_COMMITS = `SELECT current_setting('fsync') AS fsync,
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`

/** Connections of our own: what they are set to, no other user of a pool can undo, and a failed one is replaced by the next commit. */
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
    // The pool waits for the promise; its types do not say so.
    onConnect: async (client) => {
      const { rows } = await client.query<{ fsync: string }>(pooled ? CHECK_FSYNC : SYNC_COMMITS)
      if (rows[0]!.fsync === 'on' || warned) return
      warned = true
      logger.warn('Postgres runs with fsync=off: accepted events do not survive a crash of its machine')
    },
  })
  pool.on('error', () => {}) // an idle connection broke; the pool has dropped it and the next commit opens another
  return pool
}
