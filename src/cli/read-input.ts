import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { errorCode, errorMessage, UsageError } from '../platform/app-error.ts'

/** The text of a file; `-` reads standard input. @throws UsageError with `remedy` when nothing is piped in */
export async function readInput(file: string, remedy: string): Promise<string> {
  if (file !== '-') return readText(file)
  if (process.stdin.isTTY) throw new UsageError(remedy)
  return text(process.stdin)
}

/** @throws UsageError naming the file */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error)
  })
}

/** A file given as an argument cannot be read. */
export function unreadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot read ${file} (${errorCode(error) ?? errorMessage(error)})`)
}

/** The object of a JSON text. @throws UsageError without quoting the input, which may be personal data */
export function parseJson(input: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    throw new UsageError('the input is not valid JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown> // an object of JSON
  throw new UsageError('the input must be a JSON object')
}
