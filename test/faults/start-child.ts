import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildMessage, ChildOrder } from './crash-child.ts'
import type { Instant } from './instants.ts'

const PROGRAM = join(import.meta.dirname, 'crash-child.ts')

export interface Child {
  /** The address of its receiver, or null when it died before that was up. */
  url: string | null
  /** When it died of SIGKILL, in milliseconds since 1970. Rejects when it ended in any other way. */
  died: Promise<number>
  /** Its output on standard error. */
  complaint(): string
  /** Ends it in order. Gives the instants that it has passed. */
  stop(): Promise<Instant[]>
  /** Kills it if it still runs, and waits for its end. */
  kill(): Promise<void>
}

/** A receiver and a worker in a process of their own, which is up or already dead when this resolves. */
export async function startChild(order: ChildOrder): Promise<Child> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(tmpdir(), 'gatehouse-compile-cache'),
      CRASH_CHILD: JSON.stringify(order),
    },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, atMs: Date.now() }))
  const died = ended.then(({ code, signal, atMs }) => {
    if (signal !== 'SIGKILL') throw new Error(`the child ended by itself (${code ?? signal}): ${complaint}`)
    return atMs
  })
  died.catch(() => {}) // the caller that waits for the death gets it
  const message = nextMessage(child)
  const first = await Promise.race([message, died])
  return {
    url: typeof first === 'object' && 'url' in first ? first.url : null,
    died,
    complaint: () => complaint,
    stop: async () => {
      const answer = nextMessage(child)
      child.send('stop')
      const told = await Promise.race([answer, died])
      await ended
      return typeof told === 'object' && 'passed' in told ? told.passed : []
    },
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

async function nextMessage(child: ChildProcess): Promise<ChildMessage> {
  const [message] = await once(child, 'message')
  return message as ChildMessage // sent by crash-child.ts
}
