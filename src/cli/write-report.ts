import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RejectedLine } from '../domain/bulk-import.ts'
import { REPORT_HEAD, reportRows } from '../operate/imports/rejected-lines.ts'
import { errorMessage, UsageError } from '../platform/app-error.ts'

/** Writes the report of an import's rejected lines, one after the other. Without such a line it writes no file. @throws UsageError naming --rejects */
export async function writeReport(path: string, lines: AsyncGenerator<RejectedLine>): Promise<void> {
  const first = await lines.next()
  if (first.done) return
  const out = createWriteStream(path)
  let unwritable: unknown = null
  out.once('error', (error) => {
    unwritable = error
  })
  await pipeline(Readable.from(rowsOf(first.value, lines)), out).catch((error: unknown) => {
    if (error !== unwritable) throw error
    throw new UsageError(`--rejects: ${path} cannot be written (${errorMessage(error)})`)
  })
}

async function* rowsOf(first: RejectedLine, rest: AsyncGenerator<RejectedLine>): AsyncGenerator<string> {
  yield REPORT_HEAD
  yield reportRows(first)
  for await (const line of rest) yield reportRows(line)
}
