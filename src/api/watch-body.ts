import type { IncomingMessage } from 'node:http'

export interface WatchedBody {
  /** Bytes of the file whose part has just begun, if it is the last part of the form; null: not known. */
  lengthOfLastFile(): number | null
}

/** The fields before a file are short: their beginning is enough to find where the file begins. */
const KEPT_BYTES = 16_384
/** After the file: a line break, the boundary with two dashes before and two behind it, a line break. */
const AROUND_BOUNDARY = '\r\n----\r\n'.length

/**
 * Keeps the beginning of a form's body while the parser reads it. A pre-signed address wants a Content-Length, and a part of a form has none: it follows
 * from the form's own length, less what stands before and after the file.
 */
export function watchBody(request: IncomingMessage): WatchedBody {
  const total = Number(request.headers['content-length'] ?? Number.NaN)
  const boundary = /boundary="?([^";]+)"?/i.exec(request.headers['content-type'] ?? '')?.[1]
  let kept = Buffer.alloc(0)
  request.on('data', (chunk: Buffer) => {
    if (kept.length < KEPT_BYTES) kept = Buffer.concat([kept, chunk.subarray(0, KEPT_BYTES - kept.length)])
  })
  return {
    lengthOfLastFile: () => {
      if (!boundary || !Number.isInteger(total)) return null
      const part = /content-disposition:[^\r\n]*;\s*name="?file"?[\s;][\s\S]*?\r\n\r\n/i.exec(kept.toString('latin1'))
      if (!part) return null
      const length = total - (part.index + part[0].length) - boundary.length - AROUND_BOUNDARY
      return length >= 0 ? length : null
    },
  }
}
