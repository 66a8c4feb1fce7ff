import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher, Pool } from 'undici'
import type { ByteRoom } from './byte-room.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path from the root of the pool's origin, with the query. */
  path: string
  headers: Record<string, string>
  body?: string
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** No complete answer came. `sent` is exact: false means that not one byte of the request left this process. */
export class ExchangeFailedError extends Error {
  readonly sent: boolean
  constructor({ sent, cause }: { sent: boolean; cause: unknown }) {
    super(sent ? 'sent, but not answered in full' : 'never sent', { cause })
    this.sent = sent
  }
}

export interface ExchangeOptions {
  /** Timeout of the whole exchange, with the wait for a connection, milliseconds. */
  timeoutMs: number
  /** When the answer counts: at its `end`, with its text; or once its `status` has come, even if the body fails. */
  until: 'end' | 'status'
  /** Bounds the body in memory; unbounded without it. */
  room?: ByteRoom
}

/**
 * If the status decides, the rest of the answer is read to keep the connection: at most this many bytes, for at most this time,
 * milliseconds. A longer rest costs the connection.
 */
const UNWANTED_BYTES = 16_384
const UNWANTED_MS = 2_000

/**
 * Sends one request and waits for its answer.
 * @throws ExchangeFailedError
 *
 * It uses `dispatch` rather than `request`: only there undici reports when it starts to write (`onRequestStart`). That tells a write that
 * never reached its server from one with an unknown outcome. It also spares a stream per answer.
 */
export function exchange(pool: Pool, request: HttpRequest, { timeoutMs, until, room }: ExchangeOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null
    let over = false
    let status = 0
    let headers: IncomingHttpHeaders = {}
    const chunks: Buffer[] = []
    const body = room?.open()
    let unwanted = 0
    let rest: NodeJS.Timeout | undefined

    const succeed = (): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      body?.close()
      resolve({ status, headers, text: Buffer.concat(chunks).toString() })
    }
    const fail = (cause: unknown): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      body?.close()
      reject(new ExchangeFailedError({ sent: controller !== null, cause }))
    }
    const keep = (response: Dispatcher.DispatchController, chunk: Buffer): void => {
      try {
        body?.take(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        chunks.length = 0
        fail(error)
        response.abort(error instanceof Error ? error : new Error(String(error)))
      }
    }
    const timer = setTimeout(() => {
      const timeout = new DOMException(`no ${until === 'end' ? 'whole ' : ''}answer within ${timeoutMs} ms`, 'TimeoutError')
      fail(timeout)
      controller?.abort(timeout)
    }, timeoutMs)

    pool.dispatch(request, {
      onRequestStart(started) {
        // The timeout passed during the wait for a connection. Aborted here, the request is not written.
        if (over) started.abort(new Error('given up before it was sent'))
        else controller = started
      },
      onResponseStart(started, statusCode, answerHeaders) {
        if (statusCode < 200) return // 103 Early Hints and the like; the answer follows
        status = statusCode
        headers = answerHeaders
        if (until !== 'status') return
        succeed()
        rest = setTimeout(() => started.abort(new Error('the rest of an answer did not arrive in time')), UNWANTED_MS).unref()
      },
      onResponseData(response, chunk) {
        if (until === 'end') return over ? undefined : keep(response, chunk)
        unwanted += chunk.length
        if (unwanted > UNWANTED_BYTES) response.abort(new Error('the rest of an answer is too long'))
      },
      onResponseEnd() {
        clearTimeout(rest)
        succeed()
      },
      onResponseError(_, error) {
        clearTimeout(rest)
        fail(error)
      },
    })
  })
}
