import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { endWithProcess } from '../support/end-with-process.ts'
import { createTestDatabase } from '../support/test-database.ts'

const CLI = join(import.meta.dirname, '../../src/cli/gatehouse.ts')
const STARTED_IN_MS = 60_000

/** Starts `gatehouse <role>` as a process of its own and resolves when it is up. */
async function startRole(role: string): Promise<ChildProcess> {
  const database = await createTestDatabase()
  const ports = { PORT: '0', OPERATOR_PORT: '0', WORKER_PORT: '0' }
  const child = spawn(process.execPath, [CLI, role], {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'development', DATABASE_URL: database.url, ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const withdraw = endWithProcess(() => void child.kill('SIGKILL'))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    withdraw()
    await database.drop()
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk)
      if (said.includes(`${role} is up on`)) resolve()
    })
    child.on('exit', () => reject(new Error(`gatehouse ${role} ended: ${said}`)))
  })
  return child
}

/** The priorities of all threads of the process, or of the process where the system shows no threads. */
function prioritiesOf(child: ChildProcess | undefined): Set<number> {
  const pid = child?.pid ?? 0
  const threads = existsSync('/proc/self/task') ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid]
  return new Set(threads.map((thread) => getPriority(thread)))
}

describe('the CPU priority', () => {
  it('of every worker thread is below that of the receiver and Postgres', { timeout: STARTED_IN_MS }, async () => {
    const [receiver, worker] = await Promise.all(['receiver', 'worker'].map(startRole))
    expect(prioritiesOf(receiver)).toEqual(new Set([getPriority()]))
    expect(prioritiesOf(worker)).toEqual(new Set([Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL)]))
  })
})
