import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FileType } from '../../domain/document/document-types.ts'
import { AppError } from '../../platform/app-error.ts'
import {
  DocumentBrokeOffError,
  DocumentEmptyError,
  DocumentFormatError,
  DocumentLengthError,
  DocumentTooLargeError,
  MAX_FILE_BYTES,
} from './document-errors.ts'
import { fileTypeOf } from './file-type.ts'

/** A file as a caller sends it: read once, and kept nowhere. */
export interface IncomingFile {
  readonly stream: Readable
  /** Bytes, as far as the request says; null: not known. */
  readonly length: number | null
}

export interface OpenedFile {
  readonly type: FileType
  /** Bytes; null: not known before the end. */
  readonly length: number | null
  /** Ends with an error if the file is too large, breaks off, or has another length. */
  readonly body: Readable
  /** What was read. The hash is keyed, so that it says nothing of the file without the key; null before the end of `body`. */
  sent(): { bytes: number; contentHash: string | null }
}

/** As much is read before anything is decided: a file that ends within it has a known length. */
const HEAD_BYTES = 131_072

/**
 * Reads the beginning of a file and checks its format and length, then passes its bytes on as fast as they are taken. `key`: 32 bytes for the hash.
 * @throws DocumentEmptyError, DocumentFormatError, DocumentTooLargeError, DocumentBrokeOffError
 */
export async function openFile({ stream, length }: IncomingFile, key: Buffer): Promise<OpenedFile> {
  if (length !== null && length >= MAX_FILE_BYTES) throw new DocumentTooLargeError()
  const chunks = chunksOf(stream)
  const { head, ended } = await readHead(chunks)
  if (head.length === 0) throw new DocumentEmptyError()
  const format = fileTypeOf(head)
  if ('looksLike' in format) throw new DocumentFormatError(format.looksLike)
  const expected = ended ? head.length : length
  if (ended && length !== null && length !== head.length) throw new DocumentLengthError()
  const hash = createHmac('sha256', key)
  let bytes = 0
  let contentHash: string | null = null
  async function* passOn(): AsyncGenerator<Buffer> {
    for await (const chunk of withHead(head, chunks)) {
      bytes += chunk.length
      if (bytes >= MAX_FILE_BYTES) throw new DocumentTooLargeError()
      if (expected !== null && bytes > expected) throw new DocumentLengthError()
      hash.update(chunk)
      yield chunk
    }
    if (expected !== null && bytes !== expected) throw new DocumentLengthError()
    contentHash = hash.digest('hex')
  }
  const body = Readable.from(passOn(), { objectMode: false, highWaterMark: 65_536 })
  return { type: format.type, length: expected, body, sent: () => ({ bytes, contentHash }) }
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer // a byte stream
  } catch (error) {
    throw error instanceof AppError ? error : new DocumentBrokeOffError({ cause: error })
  }
}

async function readHead(chunks: AsyncGenerator<Buffer>): Promise<{ head: Buffer; ended: boolean }> {
  const read: Buffer[] = []
  let bytes = 0
  while (bytes < HEAD_BYTES) {
    const next = await chunks.next()
    if (next.done) return { head: Buffer.concat(read), ended: true }
    read.push(next.value)
    bytes += next.value.length
  }
  return { head: Buffer.concat(read), ended: false }
}

async function* withHead(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head
  yield* rest
}
