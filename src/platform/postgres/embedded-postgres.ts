import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { errorCode, errorMessage, ServiceUnavailableError } from '../app-error.ts'
import type { Logger } from '../logger.ts'
import { type Cluster, openCluster, SERVER_ENVIRONMENT, SUPERUSER } from './postgres-cluster.ts'
import { findPostmaster, type Launch, launchFailure, launchPostmaster, postmasterGone } from './postmaster.ts'

const run = promisify(execFile)

const DATABASE = 'gatehouse'
/**
 * Number of an advisory lock: each process that uses the server holds it shared; the one that sets it up or stops it holds it alone. The
 * number spells `gate`.
 */
const PRESENCE = 0x67617465
/** Longest wait for the server, milliseconds. After a crash it replays its log before it answers. */
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_SECONDS = 60
const POLL_MS = 50

export interface EmbeddedPostgres {
  url: string
  /** True: this process started the server, or took over an unused one. False: it joined one that another process uses. */
  owned: boolean
  /** Leaves the server. The last process to leave shuts the server down (open connections are ended) and waits for its end. */
  stop(): Promise<void>
}

/**
 * Starts a real Postgres for one machine, from binaries of an npm package, with its data under `<directory>/postgres`. It listens on
 * loopback only and syncs every commit to disk. A killed process leaves it running, and the next start takes it over.
 * @throws ServiceUnavailableError with the remedy
 */
export async function startEmbeddedPostgres({ directory, log }: { directory: string; log: Logger }): Promise<EmbeddedPostgres> {
  const cluster = await openCluster({ directory, log })
  const deadline = Date.now() + START_TIMEOUT_MS
  let launch: Launch | null = null
  while (Date.now() < deadline) {
    const postmaster = await findPostmaster(cluster)
    const presence = postmaster?.ready ? await join(cluster, postmaster.port) : null
    if (postmaster && presence) return present({ cluster, port: postmaster.port, presence, launch, log })
    if (!postmaster && (launch === null || launch.ended())) {
      if (launch) await launchFailure(launch, cluster)
      launch = await launchPostmaster(cluster)
    }
    await sleep(POLL_MS)
  }
  throw new ServiceUnavailableError(`The embedded Postgres does not answer after ${START_TIMEOUT_MS / 1000} s. Its log: ${cluster.logFile}`)
}

/** A session that marks this process as a user of the server. It ends with the process, even when the process is killed. */
interface Presence {
  client: pg.Client
  /** No other process used the server. */
  alone: boolean
}

/** Null when the server does not answer, or no longer: look again. */
async function join(cluster: Cluster, port: number): Promise<Presence | null> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: cluster.password,
    database: 'postgres',
    application_name: 'gatehouse presence',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {}) // a process that stops the server first ends this session
  try {
    await client.connect()
    const alone = await tryLock(client)
    if (alone) await ensureDatabase(client)
    await client.query('SELECT pg_advisory_lock_shared($1)', [PRESENCE])
    if (alone) await client.query('SELECT pg_advisory_unlock($1)', [PRESENCE])
    return { client, alone }
  } catch (error) {
    await client.end().catch(() => {})
    if (errorCode(error) !== '28P01') return null
    throw new ServiceUnavailableError(
      `The embedded Postgres refuses the password in postgres-password, beside ${cluster.logFile}: the file has been replaced. ` +
        `Put the old one back, or remove ${cluster.data} to start with an empty database.`,
      { cause: error },
    )
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [PRESENCE])
  return rows[0]?.alone === true
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
}

interface PresentOptions {
  cluster: Cluster
  port: number
  presence: Presence
  launch: Launch | null
  log: Logger
}

function present({ cluster, port, presence: { client, alone }, launch, log }: PresentOptions): EmbeddedPostgres {
  const owned = alone || launch !== null
  let leaving: Promise<void> | undefined
  client.on('end', () => {
    if (!leaving) log.error(`the embedded Postgres has ended; its log: ${cluster.logFile}`)
  })

  async function leave(): Promise<void> {
    const last = await isLast(client).catch(() => owned) // the session is lost: stop the server if this process started it
    if (!last) {
      log.info('the embedded Postgres stays up: another process uses it')
      return client.end()
    }
    await shutDown(cluster, log)
    await client.end().catch(() => {})
  }

  return {
    url: `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`,
    owned,
    stop: () => {
      leaving ??= leave()
      return leaving
    },
  }
}

/** When two processes leave at once, each releases its share before it looks, so at least one of them finds itself alone. */
async function isLast(client: pg.Client): Promise<boolean> {
  await client.query('SELECT pg_advisory_unlock_shared($1)', [PRESENCE])
  return tryLock(client)
}

async function shutDown(cluster: Cluster, log: Logger): Promise<void> {
  const postmaster = await findPostmaster(cluster)
  if (!postmaster) return
  const stop = async (mode: 'fast' | 'immediate'): Promise<void> => {
    const flags = ['stop', '-D', cluster.data, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_SECONDS), '-s']
    await run(cluster.binaries.pgCtl, flags, { ...cluster.runAs, cwd: '/', env: SERVER_ENVIRONMENT })
  }
  await stop('fast').catch((error: unknown) => {
    log.warn({ reason: errorMessage(error) }, 'the embedded Postgres does not shut down; ending it (nothing committed is lost)')
    return stop('immediate')
  })
  await postmasterGone(postmaster, cluster)
}
