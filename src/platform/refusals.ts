import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errorCode } from './app-error.ts'
import { HttpProblem } from './problem.ts'
import { unknownRoute } from './route-book.ts'

/** Fastify's own refusals as codes of docs/errors.md. */
const FASTIFY_CODES: Readonly<Record<string, { status: number; code: string; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: 'BODY_TOO_LARGE', detail: 'The body is larger than this endpoint accepts.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED', detail: 'Send content-type: application/json.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'BODY_MALFORMED', detail: 'The body is empty; JSON is expected.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'BODY_MALFORMED', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'BODY_MALFORMED', detail: 'Content-Length does not match the body.' },
  FST_ERR_BAD_URL: { status: 400, code: 'REQUEST_REFUSED', detail: 'The path is not percent-encoded UTF-8.' },
}

/** Makes every refusal of this server a problem document. A fault of ours tells the caller only its request id. */
export function answerRefusals(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) => sendProblem(unknownRoute(request), request, reply))
}

/** Refuses compressed bodies: Gatehouse reads none, and the unpacked body could have any size. */
export function refuseEncodedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding']
    if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return done()
    done(
      new HttpProblem(415, 'ENCODING_UNSUPPORTED', 'Send the body without Content-Encoding.', {
        headers: { 'accept-encoding': 'identity' },
      }),
    )
  })
}

/** Answers with the problem document for `error`, and logs a fault of ours. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error)
  logFault(problem, error, request)
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  // The rest of an unread body would keep the connection and the sender busy.
  if (!request.raw.complete && hasBody(request)) reply.header('connection', 'close')
  return reply.headers(problem.headers).code(problem.status).type('application/problem+json').send(problem.toJSON())
}

/** An outage is expected and is logged without a stack. A fault of ours is logged with its stack. */
function logFault(problem: HttpProblem, error: unknown, request: FastifyRequest): void {
  const where = { code: problem.code, route: `${request.method} ${request.routeOptions.url ?? '(unknown)'}`, reqId: request.id }
  if (problem.status === 500) {
    const { message, stack } = error instanceof Error ? error : new Error('not an Error')
    request.log.error({ ...where, err: { code: errorCode(error), message, stack } }, 'request failed')
  } else if (problem.status > 500)
    request.log.warn({ ...where, status: problem.status }, 'request refused: a service that it needs does not answer')
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function toProblem(thrown: unknown): HttpProblem {
  if (thrown instanceof HttpProblem) return thrown
  const error = thrown as Partial<FastifyError> // only read, and each field is checked
  const known = FASTIFY_CODES[error.code ?? '']
  if (known) return new HttpProblem(known.status, known.code, known.detail)
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpProblem(error.statusCode, error.code ?? 'REQUEST_REFUSED', error.message ?? 'The request was refused.')
  }
  return new HttpProblem(500, 'INTERNAL', 'A fault of Gatehouse. The log has the details under this request id.', {
    cause: thrown,
  })
}
