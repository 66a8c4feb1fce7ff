import { join } from 'node:path'
import type { Foundation } from '../compose/open-foundation.ts'
import { type Config, loadConfig } from '../config/load-config.ts'
import type { Role } from '../config/role.ts'
import { createLogger, type Logger } from '../platform/logger.ts'

export const ROOT = join(import.meta.dirname, '../..')
/** The folder where a development machine keeps its database, its secrets and the addresses of running roles. */
export const STATE_DIRECTORY = join(ROOT, '.gatehouse')

export interface Settings {
  config: Config
  logger: Logger
}

/** A command may read the settings twice. */
let warned = false

/** Warnings go to standard error, so that standard output holds only the result. */
export function settings(role: Role, { quiet = false } = {}): Settings {
  const config = loadConfig({ directory: ROOT, role })
  if (!warned) for (const warning of config.warnings) process.stderr.write(`gatehouse: ${warning}\n`)
  warned = true
  // Readable logs on a terminal; JSON in a pipe, in a container and in production.
  const pretty = config.mode === 'development' && process.stdout.isTTY === true
  const level = quiet && config.logLevel === 'info' ? 'warn' : config.logLevel
  return { config, logger: createLogger({ level, pretty }) }
}

/** Each command loads its code when it runs, so the receiver does not load the operator pages and `--help` loads almost nothing. */
export async function openFoundation(migrations: 'apply' | 'require', { config, logger }: Settings): Promise<Foundation> {
  return (await import('../compose/open-foundation.ts')).openFoundation(config, { directory: STATE_DIRECTORY, logger, migrations })
}
