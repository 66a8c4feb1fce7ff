import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpProblem } from './problem.ts'

interface Refusal {
  status: number
  code: string
  detail: string
}

const MALFORMED: Refusal = { status: 400, code: 'REQUEST_MALFORMED', detail: 'This is not an HTTP/1.1 request.' }
/** What Node's parser refuses before a request exists. Any other code of the parser means `REQUEST_MALFORMED`. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'REQUEST_TIMEOUT', detail: 'The complete request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'HEADERS_TOO_LARGE', detail: 'All header fields together may have at most 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'BODY_TOO_LARGE', detail: 'The chunk extensions are too large.' },
}

/** Called for each connection that sent unreadable bytes, with the code of docs/errors.md. */
export type ClientErrorSeen = (code: string) => void

/**
 * Answers bytes that are no complete request with a problem document, then ends the connection. The bytes are neither kept nor logged: only
 * the code is reported.
 */
export function createClientErrorHandler(seen: ClientErrorSeen): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy() // the sender has gone
    const { status, code, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED
    seen(code)
    const answer = answerOf(socket)
    // Node keeps the response in progress on its socket and offers no other way to find it. Writing into it would corrupt it.
    if (!socket.writable || answer?.headersSent) return void socket.resetAndDestroy()
    // A request with a well-formed head is being handled. A second answer on this connection could pass for that of another request.
    answer?.detachSocket(socket)
    socket.write(rawAnswer(new HttpProblem(status, code, detail)))
    // A sender that reads the answer closes the connection. A stalled sender reads nothing, and a plain close would look to it like an open
    // connection, so it gets a reset.
    setTimeout(() => {
      if (!socket.destroyed) socket.resetAndDestroy()
    }, LINGER_MS).unref()
  }
}

const LINGER_MS = 1_000

function answerOf(socket: Socket & { _httpMessage?: ServerResponse | null }): ServerResponse | null {
  return socket._httpMessage ?? null
}

function rawAnswer(problem: HttpProblem): string {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.toJSON().title}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
