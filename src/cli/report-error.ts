import { CommanderError } from 'commander'
import { AppError, ConfigError, errorCode, errorMessage, UsageError } from '../platform/app-error.ts'
import { printable } from '../platform/printable.ts'

/** Prints the error on standard error, as text or with `json` as one JSON document. Returns the exit code. */
export function reportError(error: unknown, { json }: { json: boolean }): number {
  const wrongUse = error instanceof CommanderError || error instanceof ConfigError || error instanceof UsageError
  if (error instanceof CommanderError && (error.exitCode === 0 || !json)) return error.exitCode === 0 ? 0 : 2 // commander has printed it
  const code = error instanceof CommanderError ? 'USAGE' : errorCode(error)
  const message = errorMessage(error).replace(/^error: /, '')
  process.stderr.write(printable(json ? `${JSON.stringify({ code, message })}\n` : `gatehouse: ${message} [${code}]\n`))
  const unforeseen = !wrongUse && !(error instanceof AppError) && error instanceof Error
  if (unforeseen && !json) process.stderr.write(printable(`${error.stack}\n`)) // a bug report needs the stack
  return wrongUse ? 2 : 1
}
