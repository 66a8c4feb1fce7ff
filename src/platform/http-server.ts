import helmet from '@fastify/helmet'
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import { errorCode, PortInUseError } from './app-error.ts'
import type { Logger } from './logger.ts'
import { HttpProblem } from './problem.ts'

/** One thing that a role needs to do its work, for `/health/ready`. Resolves when it is there, rejects when it is not. */
export interface ReadinessCheck {
  name: string
  check: () => Promise<void>
}

export interface HttpServerOptions {
  logger: Logger
  /** Largest accepted body, bytes; a larger one (chunked too) is answered 413. */
  bodyLimitBytes: number
  metrics: Registry
  readiness: readonly ReadinessCheck[]
}

/** What Fastify's own refusals are called in our table of codes. */
const FASTIFY_CODES: Readonly<Record<string, { status: number; code: string; detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: 'BODY_TOO_LARGE', detail: 'The body is larger than this endpoint accepts.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED', detail: 'Send content-type: application/json.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'BODY_MALFORMED', detail: 'The body is empty; JSON is expected.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'BODY_MALFORMED', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'BODY_MALFORMED', detail: 'Content-Length does not match the body.' },
}

/**
 * A Fastify server as every role has it: security headers, problem+json for every refusal, `/health/live`,
 * `/health/ready` and `/metrics`. A fault of ours is a 500 that tells the caller nothing but its request id.
 */
export async function createHttpServer({ logger, bodyLimitBytes, metrics, readiness }: HttpServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger satisfies FastifyBaseLogger as FastifyBaseLogger, // else the logger's type spreads into every route's
    logController: new LogController({ disableRequestLogging: true }), // one line per webhook would cost more than the webhook
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    childLoggerFactory: (parent) => parent, // a child for each request costs its redaction each time; errors name the request id
    routerOptions: { ignoreTrailingSlash: true },
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
    },
  })

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = toProblem(error)
    if (problem.status >= 500)
      request.log.error(
        { err: { code: errorCode(error), message: error.message, stack: error.stack }, reqId: request.id },
        'request failed',
      )
    if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds))
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(problem.status).type('application/problem+json').send(problem.toJSON())
  })
  app.setNotFoundHandler((request, reply) => {
    const problem = new HttpProblem(404, 'ROUTE_UNKNOWN', `There is no ${request.method} ${request.url.split('?')[0]} here.`)
    return reply.code(404).type('application/problem+json').send(problem.toJSON())
  })

  app.get('/health/live', () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const checks = await Promise.all(
      readiness.map(async ({ name, check }) => ({
        name,
        ok: await check().then(
          () => true,
          () => false,
        ),
      })),
    )
    const ready = checks.every(({ ok }) => ok)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', checks })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  return app
}

function toProblem(error: FastifyError): HttpProblem {
  if (error instanceof HttpProblem) return error
  const known = FASTIFY_CODES[error.code]
  if (known) return new HttpProblem(known.status, known.code, known.detail)
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return new HttpProblem(error.statusCode, error.code ?? 'REQUEST_REFUSED', error.message)
  }
  return new HttpProblem(500, 'INTERNAL', 'Something went wrong on our side. The log has the details under this request id.', {
    cause: error,
  })
}

/**
 * Starts listening and returns the base URL (`http://host:port`). A default port that is taken moves to a free one (said in
 * the log); a port that was asked for and is taken throws `PORT_IN_USE`.
 */
export async function listen(
  app: FastifyInstance,
  { host, port, asked, variable }: { host: string; port: number; asked: boolean; variable: string },
): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error
    if (asked) throw new PortInUseError({ variable, host, port })
    const url = await app.listen({ host, port: 0 })
    app.log.warn(`port ${port} is taken; listening on ${url} instead (set ${variable} to choose)`)
    return url
  }
}
