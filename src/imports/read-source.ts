import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline, Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import type { SourceFormat } from '../domain/bulk-import.ts'
import { errorCode } from '../platform/app-error.ts'
import { ImportFileError } from './import-errors.ts'
import { LONGEST_LINE, utf8Blocks } from './utf8-blocks.ts'

/** A file to import. */
export interface SourceFile {
  readonly path: string
  readonly format: SourceFormat
}

/** One record of a file. `line`: the number of its first line, from 1. */
export interface SourceRecord {
  readonly line: number
  /** The cells of a row of CSV, of the head line too; the value of a line of JSONL. */
  readonly value: unknown
  /** Why a line cannot be read; null: it was read. */
  readonly fault: string | null
}

/**
 * The records of a file, one after the other: a slow reader slows the reading down, so memory does not grow with the file. `hash` gets every
 * byte. @throws ImportFileError for a file that cannot be read, is not UTF-8, or is not CSV
 */
export async function* readSource({ path, format }: SourceFile, hash: Hash): AsyncGenerator<SourceRecord> {
  const bytes = readBytes(path, hash)
  if (format === 'jsonl') yield* jsonRecords(bytes)
  else yield* csvRecords(bytes)
}

async function* readBytes(path: string, hash: Hash): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer)
      yield chunk as Buffer // the stream has no encoding
    }
  } catch (error) {
    throw error instanceof ImportFileError ? error : new ImportFileError(`the file cannot be read (${errorCode(error)})`, { cause: error })
  }
}

/** A broken line is a fault of that line alone: the next line begins at the next line feed. */
async function* jsonRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord> {
  for await (const { bytes: block, firstLine } of utf8Blocks(bytes)) {
    for (const [at, text] of block.toString('utf8').split('\n').entries()) {
      if (text.trim() === '') continue
      yield { line: firstLine + at, ...parseLine(text) }
    }
  }
}

/** JSON's own message may quote personal data, so it is dropped. */
function parseLine(text: string): Pick<SourceRecord, 'value' | 'fault'> {
  try {
    return { value: JSON.parse(text), fault: null }
  } catch {
    return { value: null, fault: 'is not valid JSON' }
  }
}

/** A broken quote is a fault of the file: where the next record begins is not known. */
async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<SourceRecord> {
  let countedTwice = 0
  let last = 0
  /** The lines of the records that the parser has and the loop has not: at most those that a stream buffers. */
  const waiting: number[] = []
  const parser = parse({
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_LINE,
    on_record: (cells, { lines }) => {
      // csv-parse counts a CR LF inside quotes as two lines.
      const text = cells.join('\0')
      countedTwice += text.split('\r\n').length - 1
      last = Math.max(last + 1, lines - countedTwice - (text.split('\n').length - 1))
      waiting.push(last)
      return cells
    },
  })
  // The loop below gets the error of each part.
  pipeline(Readable.from(blockBytes(bytes), { objectMode: false }), parser, () => undefined)
  try {
    for await (const cells of parser) yield { line: waiting.shift() ?? last, value: cells, fault: null }
  } catch (error) {
    throw error instanceof CsvError ? new ImportFileError(sayCsvFault(error, last)) : error
  }
}

async function* blockBytes(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const block of utf8Blocks(bytes)) yield block.bytes
}

/** csv-parse's messages may quote the cell. `last`: the line of the last record before the fault. */
function sayCsvFault({ code }: CsvError, last: number): string {
  const row = `the row after line ${last}`
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `${row} opens a quote and does not close it`
    case 'CSV_MAX_RECORD_SIZE':
      return `${row} is longer than 256 KB: check its quotes`
    default:
      return `${row} has a quote inside a cell. Put the cell in quotes, and double each quote inside it`
  }
}
