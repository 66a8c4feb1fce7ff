import { join } from 'node:path'
import type { Foundation } from '../compose/open-foundation.ts'
import { type Config, loadConfig } from '../config/load-config.ts'
import type { Role } from '../config/role.ts'
import { createLogger, type Logger } from '../platform/logger.ts'

export const ROOT = join(import.meta.dirname, '../..')
/** Where a development machine keeps its database, its secrets and what runs where. */
export const STATE_DIRECTORY = join(ROOT, '.gatehouse')

export interface Settings {
  config: Config
  logger: Logger
}

/** A command may read the settings twice. */
let warned = false

/** Warnings go to standard error, so that standard output stays what was asked for. */
export function settings(role: Role, { quiet = false } = {}): Settings {
  const config = loadConfig({ directory: ROOT, role })
  if (!warned) for (const warning of config.warnings) process.stderr.write(`gatehouse: ${warning}\n`)
  warned = true
  // A terminal is for reading; a pipe, a container or production is for machines.
  const pretty = config.mode === 'development' && process.stdout.isTTY === true
  const level = quiet && config.logLevel === 'info' ? 'warn' : config.logLevel
  return { config, logger: createLogger({ level, pretty }) }
}

/** What a command runs is loaded when it runs: the receiver holds nothing of the operator's pages, and `--help` nothing at all. */
export async function openFoundation(migrations: 'apply' | 'require', { config, logger }: Settings): Promise<Foundation> {
  return (await import('../compose/open-foundation.ts')).openFoundation(config, { directory: STATE_DIRECTORY, logger, migrations })
}
