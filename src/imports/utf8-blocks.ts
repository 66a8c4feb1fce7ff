import { isUtf8 } from 'node:buffer'
import { ImportFileError } from './import-errors.ts'

/** One or more whole lines of a file. */
export interface Block {
  readonly bytes: Buffer
  /** Number of its first line, from 1. */
  readonly firstLine: number
}

/** Longest line, bytes. It is the limit of the API's bodies. */
export const LONGEST_LINE = 256 * 1024
const LINE_FEED = 0x0a
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const NOTHING = Buffer.alloc(0)

/**
 * Cuts a file into blocks of whole lines and checks that they are UTF-8. It holds one chunk and one line in memory, and drops a byte order
 * mark at the start. @throws ImportFileError naming the line and the offset of a byte that is not UTF-8, and a line of more than 256 KB
 */
export async function* utf8Blocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block> {
  let rest: Buffer = NOTHING
  let line = 1
  let offset = 0
  for await (const chunk of chunks) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    if (bytes.length - end > LONGEST_LINE) throw new ImportFileError(`line ${line + linesIn(bytes.subarray(0, end))} is longer than 256 KB`)
    rest = bytes.subarray(end)
    if (end === 0) continue
    yield block(bytes.subarray(0, end), { line, offset })
    line += linesIn(bytes.subarray(0, end))
    offset += end
  }
  if (rest.length > 0) yield block(rest, { line, offset })
}

function block(bytes: Buffer, { line, offset }: { line: number; offset: number }): Block {
  if (!isUtf8(bytes)) throw notUtf8(bytes, { line, offset })
  const marked = offset === 0 && bytes.subarray(0, BOM.length).equals(BOM)
  return { bytes: marked ? bytes.subarray(BOM.length) : bytes, firstLine: line }
}

function notUtf8(bytes: Buffer, { line, offset }: { line: number; offset: number }): ImportFileError {
  if (offset === 0 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))) {
    return new ImportFileError('the file is UTF-16; save it as UTF-8')
  }
  const at = firstWrongByte(bytes)
  const where = `line ${line + linesIn(bytes.subarray(0, at))}, byte ${offset + at} of the file`
  return new ImportFileError(`the file is not UTF-8: ${where}. Save it as UTF-8`)
}

/** Decoding replaces a wrong sequence, so the first difference after encoding again is the place. */
function firstWrongByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'))
  return bytes.findIndex((byte, at) => byte !== again[at])
}

function linesIn(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1
  return lines
}
