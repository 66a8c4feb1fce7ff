import { execFile, spawn } from 'node:child_process'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { errorCode, ServiceUnavailableError } from '../app-error.ts'
import { freePort } from '../free-port.ts'
import { type Cluster, explain, SERVER_ENVIRONMENT } from './postgres-cluster.ts'

const run = promisify(execFile)

/** The next launch empties a log that is longer than this. */
const LOG_LIMIT_BYTES = 10_000_000

/** The running server process of a data folder. */
export interface Postmaster {
  pid: number
  port: number
  /** True: it takes connections. False: it is starting, recovering or stopping. */
  ready: boolean
}

/** The process that serves the cluster's data, no matter which process started it; null when there is none. */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | null> {
  const text = await readPidFile(cluster)
  // Process id, data, start time, port, socket folder, address, shared memory, status (Postgres: miscadmin.h, LOCK_FILE_LINE_*).
  const [pid, , , port, , , , status] = text.split('\n').map((line) => line.trim())
  if (!(await serves(Number(pid), cluster))) return null
  return { pid: Number(pid), port: Number(port), ready: status === 'ready' }
}

/** A server process that we started. */
export interface Launch {
  /** Length of the log before the launch, bytes. */
  logStart: number
  ended(): boolean
}

/**
 * Starts a server process on a free port. It has a process group of its own: Ctrl-C in the terminal reaches Gatehouse alone, which then
 * stops the server. It writes to the log file and not to a pipe, because it may outlive this process.
 */
export async function launchPostmaster(cluster: Cluster): Promise<Launch> {
  const { data, logFile, runAs, binaries } = cluster
  const settings = {
    listen_addresses: '127.0.0.1',
    port: await freePort(),
    unix_socket_directories: '', // a socket's path has a length limit, which a project's folder may exceed
    fsync: 'on',
    max_connections: 300,
    log_checkpoints: 'off',
    timezone: 'UTC',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const file = await open(logFile, 'a', 0o600)
  try {
    let { size: logStart } = await file.stat()
    if (logStart > LOG_LIMIT_BYTES) {
      await file.truncate()
      logStart = 0
    }
    const child = spawn(binaries.postgres, ['-D', data, ...flags], {
      ...runAs,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', file.fd, file.fd],
    })
    child.unref()
    let failed = false
    child.on('error', () => {
      failed = true // the program could not be started
    })
    return { logStart, ended: () => failed || child.exitCode !== null || child.signalCode !== null }
  } finally {
    await file.close()
  }
}

/**
 * Finds out why a launch failed. Returns when another launch may succeed: the port was taken meanwhile, another process was faster, or
 * processes of a killed server are still ending.
 * @throws ServiceUnavailableError with the reason and the remedy
 */
export async function launchFailure({ logStart }: Launch, cluster: Cluster): Promise<void> {
  const text = (await readFile(cluster.logFile)).subarray(logStart).toString()
  if (/could not bind|could not create any TCP|pre-existing shared memory block/.test(text)) return
  if (/lock file "postmaster.pid" already exists/.test(text)) return removeStalePidFile(cluster)
  throw new ServiceUnavailableError(`The embedded Postgres does not start: ${explain(text)} Its log: ${cluster.logFile}`)
}

/**
 * After a reboot or in a container another program may have the process id of a killed server's file, and Postgres would wait for that
 * program.
 */
async function removeStalePidFile(cluster: Cluster): Promise<void> {
  const pid = Number.parseInt(await readPidFile(cluster), 10)
  if (pid && !(await serves(pid, cluster))) await rm(join(cluster.data, 'postmaster.pid'), { force: true })
}

async function readPidFile({ data }: Cluster): Promise<string> {
  return readFile(join(data, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  })
}

/** Resolves once the process has ended. Its file disappears earlier, while the next launch would still find its memory in use. */
export async function postmasterGone({ pid }: Postmaster, cluster: Cluster): Promise<void> {
  while (await serves(pid, cluster)) await sleep(10)
}

/** Whether the process is alive and serves this data: process ids are reused. */
async function serves(pid: number, { data }: Cluster): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    return (await commandLine(pid)).includes(data)
  } catch {
    return false
  }
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8')
  const list =
    process.platform === 'win32'
      ? run('powershell', ['-NoProfile', '-Command', `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`])
      : run('ps', ['-o', 'args=', '-p', String(pid)])
  return (await list).stdout
}
