import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { freePort } from '../../src/platform/free-port.ts'
import { endWithProcess } from './end-with-process.ts'
import { fetchRedis } from './fetch-redis.ts'

const run = promisify(execFile)
const START_TIMEOUT_MS = 10_000

export interface RunningRedis {
  url: string
  stop(): Promise<void>
}

/** A server of our own, which keeps nothing on disk. */
export interface LaunchedRedis extends RunningRedis {
  port: number
  /** kill -9: its data is gone. */
  kill(): Promise<void>
}

/** A server program and, for a fetched one, the folders of its libraries. */
export interface RedisProgram {
  path: string
  libraryPath?: string
}

/**
 * The Redis of REDIS_URL; else one of our own from `redis-server` or `valkey-server` on the PATH, else from the system's packages, fetched
 * into `<directory>/redis` without root.
 */
export async function startRedis({ directory, say }: { directory: string; say: (line: string) => void }): Promise<RunningRedis> {
  const { REDIS_URL } = process.env
  if (REDIS_URL) {
    const refusal = await pingFailure(REDIS_URL)
    if (refusal) throw new Error(`REDIS_URL is set, but that Redis does not answer (${refusal}). Start it, or unset the variable.`)
    say('Redis: the one that REDIS_URL names')
    return { url: REDIS_URL, stop: async () => {} }
  }
  const program = await findRedis({ directory, say })
  const redis = await launchRedis(program)
  say(`Redis: ${program.path}${program.libraryPath === undefined ? ' on the PATH' : ''}, port ${redis.port}`)
  return redis
}

/** `redis-server` or `valkey-server` on the PATH, else from the system's packages, fetched into `<directory>/redis` without root. */
export async function findRedis({ directory, say }: { directory: string; say: (line: string) => void }): Promise<RedisProgram> {
  for (const path of ['redis-server', 'valkey-server']) if (await starts({ path })) return { path }
  return fetchRedis({ directory: join(directory, 'redis'), starts, say })
}

const environment = ({ libraryPath }: RedisProgram): NodeJS.ProcessEnv =>
  libraryPath === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraryPath }

async function starts(program: RedisProgram): Promise<boolean> {
  return run(program.path, ['--version'], { env: environment(program) }).then(
    () => true,
    () => false,
  )
}

/** A Sentinel that watches this one master under the name `gatehouse`, and replaces it 0.5 s after it has gone. */
export async function launchSentinel(program: RedisProgram, { master }: { master: number }): Promise<LaunchedRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-sentinel-'))
  const file = join(directory, 'sentinel.conf') // it writes its findings into this file
  const lines = [`monitor gatehouse 127.0.0.1 ${master} 1`, 'down-after-milliseconds gatehouse 500', 'failover-timeout gatehouse 5000']
  await writeFile(file, lines.map((line) => `sentinel ${line}\n`).join(''))
  const port = await freePort()
  return launch(program, { port, directory, settings: [file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1'] })
}

/**
 * `settings` are further arguments of the server; the last one counts. `apart`: Ctrl-C in the terminal does not reach it, and it ends with
 * this process at the latest. @throws the server's output when it does not start
 */
export async function launchRedis(
  program: RedisProgram,
  { port: wanted, settings: further = [], apart = false }: { port?: number; settings?: string[]; apart?: boolean } = {},
): Promise<LaunchedRedis> {
  const port = wanted ?? (await freePort())
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'))
  const given = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction', '--dir', directory]
  return launch(program, { port, directory, settings: [...given, ...further], apart })
}

async function launch(
  program: RedisProgram,
  { port, directory, settings, apart = false }: { port: number; directory: string; settings: string[]; apart?: boolean },
): Promise<LaunchedRedis> {
  const child = spawn(program.path, settings, { env: environment(program), stdio: ['ignore', 'pipe', 'inherit'], detached: apart })
  const withdraw = apart ? endWithProcess(() => void child.kill('SIGKILL')) : null
  let output = ''
  child.stdout.on('data', (chunk) => {
    output = `${output}${chunk}`.slice(-2_000)
  })
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await once(child, 'exit')
    }
    withdraw?.()
    await rm(directory, { recursive: true, force: true })
  }
  const stop = (): Promise<void> => end('SIGTERM')
  const url = `redis://127.0.0.1:${port}`
  const deadline = Date.now() + START_TIMEOUT_MS
  while (await pingFailure(url)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`${program.path} does not start:\n${output}`)
    }
    await sleep(20)
  }
  return { url, port, stop, kill: () => end('SIGKILL') }
}

/** Null when the Redis answers, else the reason. */
async function pingFailure(url: string): Promise<string | null> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
  })
  let reason = ''
  redis.on('error', (error) => {
    reason = error.message
  })
  try {
    await redis.connect()
    await redis.ping()
    return null
  } catch (error) {
    return reason || String(error)
  } finally {
    redis.disconnect()
  }
}
