import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, open, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../src/platform/free-port.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { type Cluster, openCluster, SERVER_ENVIRONMENT, SUPERUSER } from '../../src/platform/postgres/postgres-cluster.ts'
import { endWithProcess } from './end-with-process.ts'

const START_TIMEOUT_MS = 60_000

/** `crash`: ends at once and recovers from its log (SIGQUIT). `fast`: breaks every connection off and ends in order (SIGINT). */
export type StopMode = 'crash' | 'fast'

/** A real embedded Postgres that a test can stop and start, on one port, over the same data. */
export interface BreakablePostgres {
  url: string
  stop(mode: StopMode): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  close(): Promise<void>
}

export async function startBreakablePostgres(): Promise<BreakablePostgres> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-postgres-')))
  await chmod(directory, 0o755) // as root, Postgres runs as another user
  try {
    const cluster = await openCluster({ directory, log: createLogger({ level: 'silent' }) })
    const port = await freePort()
    const url = `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`
    let server: ChildProcess | null = null
    const withdraw = endWithProcess(() => void server?.kill('SIGQUIT'))
    const stop = async (mode: StopMode): Promise<void> => {
      if (server === null) return
      const ended = once(server, 'exit')
      server.kill(mode === 'crash' ? 'SIGQUIT' : 'SIGINT')
      await ended
      server = null
    }
    const start = async (): Promise<void> => {
      server ??= await serve(cluster, { port, url })
    }
    await start()
    const close = async (): Promise<void> => {
      withdraw()
      await stop('crash')
      await rm(cluster.data, { recursive: true, force: true })
      await rm(directory, { recursive: true, force: true })
    }
    return { url, stop, start, close }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** @throws the server's output when it ends instead of answering */
async function serve({ data, logFile, runAs, binaries }: Cluster, { port, url }: { port: number; url: string }): Promise<ChildProcess> {
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'on', max_connections: 300 }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = await open(logFile, 'a')
  // A process group of its own: Ctrl-C in the terminal is for the test runner.
  const server = spawn(binaries.postgres, ['-D', data, ...flags], {
    ...runAs,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await answers(url))) {
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`Postgres does not start:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`)
    await sleep(20)
  }
  return server
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
