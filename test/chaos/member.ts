import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withTimeout } from '../../src/platform/with-timeout.ts'
import { endWithProcess } from '../support/end-with-process.ts'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')
const RESTART_MS = 500
const STOP_MS = 20_000

/** One process of the product, `gatehouse <role>`, kept running as an orchestrator does: it starts again when it ends by itself. */
export interface Member {
  name: string
  /** When it ended by itself after it was up, and its last output. This is always a defect. */
  readonly collapses: readonly string[]
  /** Resolves when it is up. */
  start(): Promise<void>
  /** SIGKILL. Gives the time of death in milliseconds since 1970. It stays dead until `start`. */
  kill(): Promise<number>
  /** SIGSTOP: alive with its connections and locks, doing nothing. */
  halt(): void
  goOn(): void
  /** SIGTERM, then SIGKILL if needed. */
  stop(): Promise<void>
}

export interface MemberOptions {
  name: string
  role: 'receiver' | 'worker' | 'operator'
  env: Record<string, string>
  /** Its whole output. */
  logFile: string
}

export function createMember({ name, role, env, logFile }: MemberOptions): Member {
  const collapses: string[] = []
  const log = createWriteStream(logFile, { flags: 'a' })
  let child: ChildProcess | null = null
  let wanted = false
  const withdraw = endWithProcess(() => void child?.kill('SIGKILL'))

  const launch = async (): Promise<void> => {
    while (wanted) {
      const launched = spawn(process.execPath, [CLI, role], {
        env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(tmpdir(), 'gatehouse-compile-cache'), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true, // Ctrl-C is for the runner
      })
      child = launched
      const ended = once(launched, 'exit')
      let last = ''
      const up = new Promise<'up'>((resolve) => {
        for (const stream of [launched.stdout, launched.stderr])
          stream.on('data', (chunk: Buffer) => {
            log.write(chunk)
            last = `${last}${chunk}`.slice(-2_000)
            if (last.includes(`${role} is up on`)) resolve('up')
          })
      })
      if ((await Promise.race([up, ended])) === 'up') {
        void ended.then(async ([code, signal]) => {
          if (!wanted || child !== launched) return
          collapses.push(`${name} ended by itself (${code ?? signal}) at ${new Date().toISOString()}: ${last.trim().slice(-600)}`)
          await sleep(RESTART_MS)
          await launch()
        })
        return
      }
      await sleep(RESTART_MS) // it could not start: its Postgres may be away just now
    }
  }

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    wanted = false
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
  }
  const kill = async (): Promise<number> => {
    await end('SIGKILL')
    return Date.now()
  }
  return {
    name,
    collapses,
    start: async () => {
      if (wanted) return
      wanted = true
      await launch()
    },
    kill,
    halt: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    stop: async () => {
      await withTimeout(STOP_MS, end('SIGTERM'), () => new Error(`${name} does not stop`)).catch(kill)
      withdraw()
      log.end()
    },
  }
}
