import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { errorCode, errorMessage, ServiceUnavailableError } from '../app-error.ts'
import type { Logger } from '../logger.ts'
import { sessions } from './session.ts'

/** Longest wait for a connection, new or from the pool. */
const CONNECT_TIMEOUT_MS = 10_000
/** Time beyond the server's own limit after which a connection without an answer counts as dead. */
const ANSWER_GRACE_MS = 5_000
export interface PoolOptions {
  connectionString: string
  /** Most connections at once. */
  max: number
  /** Name in `pg_stat_activity`, so that an operator can tell the roles apart. */
  applicationName: string
  /** Longest run of one statement, milliseconds. The server ends it with code 57014. No limit when unset. */
  statementTimeoutMs?: number
  /** Longest silence within a transaction, milliseconds. Then the server ends the session. */
  idleInTransactionMs?: number
  /**
   * All statements of the pool read a few rows by index. A session plans each of them once. A plan from the time of empty tables would scan
   * them whole, for each job of the first day's backlog, until they are analysed.
   */
  byIndex?: boolean
}

/** A pool of connections, which the caller ends. Behind PgBouncer the database role must carry the settings (docs/operations.md). */
export function createPool(options: PoolOptions): pg.Pool {
  const { connectionString, max, applicationName, statementTimeoutMs, idleInTransactionMs, byIndex } = options
  const pool = new pg.Pool({
    ...sessions(connectionString, {
      settings: {
        ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
        ...(idleInTransactionMs === undefined ? {} : { idle_in_transaction_session_timeout: idleInTransactionMs }),
        ...(byIndex ? { enable_seqscan: 'off', enable_bitmapscan: 'off' } : {}),
      },
    }),
    max,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // The server cannot end a statement on a silent connection, so the client has a limit of its own.
    ...(statementTimeoutMs === undefined ? {} : { query_timeout: statementTimeoutMs + ANSWER_GRACE_MS }),
  })
  surviveBreaks(pool)
  return pool
}

/**
 * A connection that breaks (Postgres restarts) emits 'error', which ends a process that does not listen. The pool emits it for idle
 * connections; a checked-out one emits it itself, with or without a statement in progress. Its next statement then fails, and the pool
 * opens a new connection for the next caller.
 */
export function surviveBreaks(pool: pg.Pool): void {
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
}

/**
 * Runs `work` on one connection of the pool. After a failure the connection is closed, not returned: its statement, its transaction or a
 * lock may still be open, and the next user would inherit them.
 */
export async function withClient<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  try {
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    client.release(true)
    throw error
  }
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
export function inTransaction<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  })
}

/** Refusals that waiting does not cure, each with its remedy. */
const FINAL_REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the password. Correct the user or the password in DATABASE_URL.',
  '28000': "it refuses this user or host. Check the user in DATABASE_URL, the server's pg_hba.conf and whether it demands TLS (?sslmode=).",
  '3D000': 'it has no database of that name. Create it, or correct the name at the end of DATABASE_URL.',
}

/**
 * Resolves once Postgres answers a query. Until then it logs that once and tries again every 250 ms at most.
 * @throws ServiceUnavailableError after `timeoutMs`, or at once when waiting cannot help (wrong password, no such database). Its message
 * names host and port, never the password
 */
export async function waitForPostgres(url: string, { timeoutMs, log }: { timeoutMs: number; log: Logger }): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: Math.max(1_000, Math.min(5_000, timeoutMs)) })
    client.on('error', () => {}) // as for the pool: a later break is an event
    const where = `${client.host}:${client.port}`
    try {
      await client.connect()
      await client.query('SELECT 1')
      if (attempt > 1) log.info(`Postgres at ${where} answers`)
      return
    } catch (error) {
      const code = errorCode(error)
      const refusal = FINAL_REFUSALS[code]
      if (refusal) throw new ServiceUnavailableError(`Postgres at ${where} answers, but ${refusal}`, { cause: error })
      const reason = code === 'Error' ? errorMessage(error) : code // the driver's own timeout has no code
      if (Date.now() >= deadline) {
        throw new ServiceUnavailableError(
          `Postgres at ${where} does not answer (${reason}) after ${Math.round(timeoutMs / 1000)} s. Start it, correct DATABASE_URL, ` +
            'or raise DATABASE_WAIT_SECONDS.',
          { cause: error },
        )
      }
      if (attempt === 1) log.warn(`waiting up to ${Math.round(timeoutMs / 1000)} s for Postgres at ${where} (${reason})`)
      await sleep(250)
    } finally {
      await client.end().catch(() => {}) // it may never have been connected
    }
  }
}
