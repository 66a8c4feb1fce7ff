import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { HttpProblem } from './problem.ts'

/** One dependency of a role, for `/health/ready`. Resolves when it is available, else rejects. */
export interface ReadinessCheck {
  name: string
  check: () => Promise<void>
}

/** Who may read `/metrics`: every caller (`open`), the bearer of a token, or no caller because no token is set (`closed`). */
export type MetricsAccess = 'open' | 'closed' | { token: string }

export interface OperationsOptions {
  metrics: Registry
  metricsAccess: MetricsAccess
  readiness: readonly ReadinessCheck[]
}

/** Metrics are rendered, and stores are checked, at most once in this time, milliseconds: both cost far more than the request. */
const FRESH_MS = 1_000

/** `/health/live`, `/health/ready` and `/metrics`. */
export function serveOperations(app: FastifyInstance, { metrics, metricsAccess, readiness }: OperationsOptions): void {
  const rendered = keepFresh(() => metrics.metrics())
  const checked = keepFresh(() => checkAll(readiness))
  app.get('/health/live', () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const checks = await checked()
    const ready = checks.every(({ ok }) => ok)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready', checks })
  })
  app.get('/metrics', async (request, reply) => {
    refuseStranger(request, metricsAccess)
    return reply.type(metrics.contentType).send(await rendered())
  })
}

/** @throws HttpProblem 401 */
function refuseStranger({ headers }: FastifyRequest, access: MetricsAccess): void {
  if (access === 'open') return
  if (access === 'closed') {
    throw new HttpProblem(401, 'METRICS_CLOSED', 'In production the metrics need a token: set METRICS_TOKEN for this role.')
  }
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (timingSafeEqual(digest(given), digest(access.token))) return
  throw new HttpProblem(401, 'METRICS_TOKEN_REFUSED', 'Send the token of METRICS_TOKEN: Authorization: Bearer <METRICS_TOKEN>.')
}

function digest(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'hex'))
}

function checkAll(readiness: readonly ReadinessCheck[]): Promise<{ name: string; ok: boolean }[]> {
  return Promise.all(
    readiness.map(({ name, check }) =>
      check().then(
        () => ({ name, ok: true }),
        () => ({ name, ok: false }),
      ),
    ),
  )
}

/** One call of `make` serves all requests within `FRESH_MS` of its start. */
function keepFresh<T>(make: () => Promise<T>): () => Promise<T> {
  let startedAt = Number.NEGATIVE_INFINITY
  let made: Promise<T> | null = null
  return () => {
    if (made === null || performance.now() - startedAt >= FRESH_MS) {
      startedAt = performance.now()
      made = make()
    }
    return made
  }
}
