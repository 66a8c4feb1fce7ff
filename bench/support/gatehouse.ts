import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/platform/free-port.ts'
import { API_KEY, API_KEY_HEADER } from './load.ts'
import { profileArguments } from './program.ts'
import type { UpstreamUrls } from './upstream.ts'

/** One role of Gatehouse, as in production: `gatehouse receiver`, `gatehouse worker`, `gatehouse operator`. */
export interface Role {
  pid: number
  url: string
  stop(): Promise<void>
}

export interface GatehouseSettings {
  databaseUrl: string
  /** `null`: BullMQ on Postgres. */
  redisUrl: string | null
  upstream: UpstreamUrls
  concurrency: number
  /** The folder for a CPU profile of each role, written when it stops. */
  profileDirectory?: string | undefined
}

/** A new one for each run: a role refuses a key with little variety. */
const ENCRYPTION_KEY = randomBytes(32)
export const OPERATOR_TOKEN = 'an-invented-operator-token'
export const NOTICE_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ROOT = join(import.meta.dirname, '../..')
const START_MS = 30_000

const PORT_OF = { receiver: 'PORT', worker: 'WORKER_PORT', operator: 'OPERATOR_PORT' } as const

/** Starts the role in a separate process with production settings. Resolves when it is ready. */
export async function startRole(role: 'receiver' | 'worker' | 'operator', settings: GatehouseSettings): Promise<Role> {
  const port = await freePort()
  const profile = settings.profileDirectory === undefined ? [] : profileArguments(settings.profileDirectory, role)
  const child = spawn(process.execPath, [...profile, join(ROOT, 'src/bootstrap.mjs'), role], {
    env: {
      PATH: process.env.PATH ?? '',
      ...IMAGE_ENVIRONMENT,
      ...(role === 'worker' ? WORKER_ENVIRONMENT : {}),
      ...environmentOf(settings),
      [PORT_OF[role]]: String(port),
    },
    stdio: ['ignore', 2, 2], // its warnings belong on the terminal
  })
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    if (hasEnded(child)) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  const deadline = Date.now() + START_MS
  while (!(await isReady(url))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop()
      throw new Error(`gatehouse ${role} does not get ready`)
    }
    await sleep(50)
  }
  return { pid: child.pid!, url, stop }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`).catch(() => null)
  await answer?.body?.cancel()
  return answer?.ok === true
}

/** Settings of Node and its allocator: those of the image, and those of docker-compose.yml for the worker. */
const IMAGE_ENVIRONMENT = variablesOf('Dockerfile', /(?<=^ENV .*)\b((?:NODE|MALLOC)_\w+)=(\S+)/gm)
const WORKER_ENVIRONMENT = variablesOf('docker-compose.yml', /(?<=^ {2}worker:\n(?: {4}.*\n)* +)(NODE_OPTIONS): (\S+)/gm)

function variablesOf(file: string, pattern: RegExp): Record<string, string> {
  const found = [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(([, name, value]) => [name, value] as const)
  if (found.length === 0) throw new Error(`${file} does not set what the bench is to run with`)
  return Object.fromEntries(found)
}

function environmentOf({ databaseUrl, redisUrl, upstream, concurrency }: GatehouseSettings): Record<string, string> {
  return {
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
    PAXOS_API_URL: upstream.apiUrl,
    PAXOS_TOKEN_URL: upstream.tokenUrl,
    PAXOS_CLIENT_ID: 'bench',
    PAXOS_CLIENT_SECRET: 'bench',
    PAXOS_BUDGET: 'off',
    WEBHOOK_API_KEY_HEADER: API_KEY_HEADER,
    WEBHOOK_API_KEYS: API_KEY,
    OPERATOR_TOKEN,
    ENCRYPTION_KEY: ENCRYPTION_KEY.toString('base64'),
    NOTIFY_WEBHOOK_URL: upstream.noticeUrl,
    NOTIFY_WEBHOOK_SECRET: NOTICE_SECRET,
    WORKER_CONCURRENCY: String(concurrency),
  }
}
