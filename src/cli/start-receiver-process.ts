import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Foundation } from '../compose/open-foundation.ts'
import type { RunningRole } from '../compose/running-role.ts'
import { environmentWith } from '../config/load-config.ts'
import { AppError } from '../platform/app-error.ts'

const BOOTSTRAP = join(import.meta.dirname, '../bootstrap.mjs')

/** A role that runs as a process of its own has ended, and has said why itself. */
export class RoleEndedError extends AppError {
  readonly code = 'ROLE_ENDED'
  readonly retry = 'never'
}

/**
 * The receiver as a process of its own, so that an acknowledgement never waits for the event loop of the worker. It belongs to this process:
 * it ends in order when this one closes it or dies, however that happens, and this one ends when the receiver does.
 */
export async function startReceiverProcess({ config, databaseUrl, logger }: Foundation): Promise<RunningRole> {
  const child = spawn(process.execPath, [...process.execArgv, BOOTSTRAP, 'receiver'], {
    env: environmentWith({ LOG_LEVEL: logger.level, ...(config.databaseUrl === null ? { DATABASE_URL: databaseUrl } : {}) }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true, // Ctrl-C is for this process, which closes its roles in their order
  })
  const url = await untilUp(child)
  let closing = false
  child.on('exit', (code, signal) => {
    if (closing) return
    logger.error({ code, signal }, 'the receiver has ended; so everything ends')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  return {
    name: 'receiver',
    url,
    close: async () => {
      closing = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect() // which it takes for the request to end
      await once(child, 'exit')
    },
  }
}

/** @throws RoleEndedError when it ends before it is up */
function untilUp(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(new RoleEndedError(`The receiver ended (${signal ?? `exit code ${code}`}) before it was up. What it said is above.`))
    })
  })
}
