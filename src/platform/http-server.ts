import helmet from '@fastify/helmet'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import { errorCode, PortInUseError } from './app-error.ts'
import { atMostEvery } from './at-most-every.ts'
import { createClientErrorHandler } from './client-error.ts'
import { type ConnectionLimits, type ConnectionRefusal, limitConnections } from './connection-limits.ts'
import type { Logger } from './logger.ts'
import { type MetricsAccess, type ReadinessCheck, serveOperations } from './operations-endpoints.ts'
import { answerRefusals, refuseEncodedBodies, sendProblem } from './refusals.ts'
import { keepRouteBook } from './route-book.ts'

export interface HttpLimits extends ConnectionLimits {
  /** Longest time from the first byte of a request to its last, milliseconds. */
  requestTimeoutMs: number
  /**
   * How long a connection without a request stays open, milliseconds. It must be longer than the proxy's own limit, else the proxy meets a
   * closed connection.
   */
  keepAliveMs: number
}

/** Google's load balancer keeps idle connections for 600 s, fixed; AWS's and nginx's keep theirs for 60 s. */
export const DEFAULT_LIMITS: HttpLimits = {
  requestTimeoutMs: 10_000,
  keepAliveMs: 620_000,
  maxConnections: 8_192,
  maxConnectionsPerAddress: 4_096,
}
/** Longest silence of a connection while Gatehouse works on its request or sends the answer. */
const SILENCE_MS = 120_000
/** How often Node checks for requests that take too long. */
const TIMEOUT_CHECK_MS = 1_000
const WARN_EVERY_MS = 10_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body of a request may take minutes to arrive. */
    takesLong?: boolean
  }
}

export interface HttpServerOptions {
  logger: Logger
  /** Largest accepted body, bytes. A larger one, also a chunked one, is answered 413. */
  bodyLimitBytes: number
  metrics: Registry
  /** `open` by default. */
  metricsAccess?: MetricsAccess
  readiness: readonly ReadinessCheck[]
  /** Proxies whose `X-Forwarded-For` names the sender, in CIDR notation. The header is ignored from others. */
  trustedProxies?: readonly string[]
  limits?: Partial<HttpLimits>
  /** For the requests of routes with `takesLong`, milliseconds, in place of `requestTimeoutMs`. */
  longRequestMs?: number
}

/**
 * The Fastify server of every role: bounds on size, time and number, security headers, problem+json for every refusal, `/health/live`,
 * `/health/ready` and `/metrics`.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { logger, bodyLimitBytes, metrics, metricsAccess = 'open', readiness, trustedProxies = [], longRequestMs } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const refused = countRefusals(metrics)
  const app = Fastify({
    loggerInstance: logger satisfies FastifyBaseLogger as FastifyBaseLogger, // else the logger's type would appear in every route's type
    logController: new LogController({ disableRequestLogging: true }), // a line per webhook would cost more than the webhook
    bodyLimit: bodyLimitBytes,
    trustProxy: [...trustedProxies],
    requestTimeout: longRequestMs ?? limits.requestTimeoutMs,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: limits.keepAliveMs,
    http: { headersTimeout: limits.requestTimeoutMs, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    clientErrorHandler: createClientErrorHandler((code) => {
      refused.inc({ code })
      logger.debug({ code }, 'connection refused by its bytes')
    }),
    frameworkErrors: sendProblem,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a request on a kept connection is still answered, then the connection is closed
    childLoggerFactory: (parent) => parent, // a child logger per request would compile its redaction each time; errors name the request id
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.removeContentTypeParser('text/plain') // no route accepts it: answered 415
  const warn = atMostEvery(WARN_EVERY_MS, (count: number, why: ConnectionRefusal) =>
    logger.warn({ limit: why, count }, 'connections beyond the limit were closed'),
  )
  const connections = limitConnections(app.server, limits, (why) => {
    refused.inc({ code: `CONNECTIONS_${why.toUpperCase()}` })
    warn(why)
  })
  app.addHook('preClose', async () => connections.end())
  if (longRequestMs !== undefined) limitOtherRequests(app, limits.requestTimeoutMs)
  keepRouteBook(app)
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], upgradeInsecureRequests: null },
    },
  })
  refuseEncodedBodies(app)
  answerRefusals(app)
  serveOperations(app, { metrics, metricsAccess, readiness })
  return app
}

/** Node has one limit for the whole server. Where a few routes may take longer, all others keep the usual limit. */
function limitOtherRequests(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw, routeOptions } = request
    if (raw.complete || routeOptions.config.takesLong) return done()
    const timer = setTimeout(() => {
      if (raw.complete) return
      app.server.emit('clientError', Object.assign(new Error('request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket)
    }, timeoutMs).unref()
    raw.once('close', () => clearTimeout(timer))
    done()
  })
}

function countRefusals(registry: Registry): Counter<'code'> {
  return new Counter({
    name: 'gatehouse_http_refused_connections_total',
    help: 'Connections that ended before they carried a whole request, by code: REQUEST_MALFORMED, REQUEST_TIMEOUT, HEADERS_TOO_LARGE, BODY_TOO_LARGE, CONNECTIONS_TOTAL, CONNECTIONS_ADDRESS.',
    labelNames: ['code'],
    registers: [registry],
  })
}

/**
 * Starts listening and returns the base URL (`http://host:port`). If a default port is taken, it uses a free one and logs that.
 * @throws PORT_IN_USE when a configured port is taken
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
