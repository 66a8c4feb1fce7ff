import { writeFileSync } from 'node:fs'
import { errorMessage, UsageError } from '../platform/app-error.ts'

/** Writes the file of `--out`. @throws UsageError */
export function writeOut(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new UsageError(`--out: ${path} cannot be written (${errorMessage(error)})`)
  }
}
