import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HttpProblem } from './problem.ts'

interface Refusal {
  status: number
  code: string
  detail: string
}

const MALFORMED: Refusal = { status: 400, code: 'REQUEST_MALFORMED', detail: 'This is not an HTTP/1.1 request.' }
/** What Node's parser refuses before there is a request. Every other code of it means `REQUEST_MALFORMED`. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'REQUEST_TIMEOUT', detail: 'The complete request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'HEADERS_TOO_LARGE', detail: 'All header fields together may have at most 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'BODY_TOO_LARGE', detail: 'The chunk extensions are too large.' },
}

/** Told of each connection that was refused by its bytes, with the code of docs/errors.md. */
export type ClientErrorSeen = (code: string) => void

/**
 * Answers bytes that are no request, or no whole request, with a problem document, and ends the connection. What was sent is neither kept
 * nor logged: only the code is told.
 */
export function createClientErrorHandler(seen: ClientErrorSeen): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy() // there is nobody left to answer
    const { status, code, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED
    seen(code)
    const answer = answerOf(socket)
    // Node keeps the answer under way on its socket and gives no other way to ask: writing into it would corrupt it.
    if (!socket.writable || answer?.headersSent) return void socket.resetAndDestroy()
    // A request whose head was well formed is being handled: a second answer on this connection could be taken for that of another request.
    answer?.detachSocket(socket)
    socket.write(rawAnswer(new HttpProblem(status, code, detail)))
    // Whoever reads the answer closes the connection. A sender that stalls reads nothing: a plain close would look to it like an open
    // connection, so it is told by a reset.
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
