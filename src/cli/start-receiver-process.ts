import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Foundation } from '../compose/open-foundation.ts'
import type { RunningRole } from '../compose/running-role.ts'
import { environmentWith } from '../config/load-config.ts'
import { AppError } from '../platform/app-error.ts'

const BOOTSTRAP = join(import.meta.dirname, '../bootstrap.mjs')

/** A role in its own process has ended. That process has printed the reason. */
export class RoleEndedError extends AppError {
  readonly code = 'ROLE_ENDED'
  readonly retry = 'never'
}

/**
 * Starts the receiver in its own process, so that an acknowledgement never waits for the worker's event loop. The two processes end together:
 * the receiver shuts down when this process closes it or dies, and this process ends when the receiver ends.
 */
export async function startReceiverProcess({ config, databaseUrl, logger }: Foundation): Promise<RunningRole> {
  const child = spawn(process.execPath, [...process.execArgv, BOOTSTRAP, 'receiver'], {
    env: environmentWith({ LOG_LEVEL: logger.level, ...(config.databaseUrl === null ? { DATABASE_URL: databaseUrl } : {}) }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true, // only this process handles Ctrl-C and closes its roles in order
  })
  const url = await untilUp(child)
  let closing = false
  child.on('exit', (code, signal) => {
    if (closing) return
    logger.error({ code, signal }, 'the receiver has ended, so all roles stop')
    process.exitCode = 1
    process.kill(process.pid, 'SIGTERM')
  })
  return {
    name: 'receiver',
    url,
    close: async () => {
      closing = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect() // the receiver treats it as the request to stop
      await once(child, 'exit')
    },
  }
}

/** @throws RoleEndedError if it ends before it is up */
function untilUp(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      reject(new RoleEndedError(`The receiver ended (${signal ?? `exit code ${code}`}) before it was up. Its output is above.`))
    })
  })
}
