import { createHash } from 'node:crypto'
import { ImportFileError } from '../../imports/import-errors.ts'
import { readSource, type SourceFile, type SourceRecord } from '../../imports/read-source.ts'
import { type Column, readHead } from './import-columns.ts'

/** What is known of a file after it was read once. */
export interface ScannedFile {
  readonly file: SourceFile
  /** SHA-256, hexadecimal. */
  readonly sha256: string
  readonly records: number
}

const MOST_FAULTS = 20

/** Reads the whole file once, before anything is sent. @throws ImportFileError for a file that cannot be imported as a whole */
export async function scanFile(file: SourceFile): Promise<ScannedFile> {
  const hash = createHash('sha256')
  let records = 0
  for await (const _ of dataRecords(file, hash)) records += 1
  if (records === 0) throw new ImportFileError('the file has no line to import')
  return { file, sha256: hash.digest('hex'), records }
}

/** The records of a file after its head line, with the columns of the head line (null for JSONL). */
export async function* dataRecords(
  file: SourceFile,
  hash = createHash('sha256'),
): AsyncGenerator<{ record: SourceRecord; columns: readonly Column[] | null }> {
  let columns: readonly Column[] | null = null
  for await (const record of readSource(file, hash)) {
    if (file.format === 'csv' && columns === null)
      columns = requireHead(record.value as readonly string[]) // a row of CSV
    else yield { record, columns }
  }
}

/** @throws ImportFileError with every fault of the head line */
function requireHead(names: readonly string[]): readonly Column[] {
  const head = readHead(names)
  if ('columns' in head) return head.columns
  const more = head.faults.length > MOST_FAULTS ? [`and ${head.faults.length - MOST_FAULTS} more`] : []
  const faults = [...head.faults.slice(0, MOST_FAULTS), ...more].map((fault) => `  - ${fault}`).join('\n')
  throw new ImportFileError(`the head line is not valid (import template --csv prints a valid one):\n${faults}`)
}
