import { hash } from 'node:crypto'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import type { DeliverySample } from '../inbox/delivery-samples.ts'
import type { AcceptStatus, ReceivedEvent } from '../inbox/received-event.ts'
import { AppError } from '../platform/app-error.ts'
import { HttpProblem } from '../platform/problem.ts'
import { allowSenders } from './allow-senders.ts'
import type { WebhookAuthenticator } from './authenticate-webhook.ts'
import { type DeliveryEvidence, proofOf } from './delivery-evidence.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import { parseDelivery } from './parse-delivery.ts'
import { readTraceparent } from './trace-context.ts'

/** Deliveries are about 200 bytes (paxos/api.md 2.2). */
const BODY_LIMIT_BYTES = 16_384
/** Paxos retries first after about 5 s and ignores the header (paxos/api.md 2.5). Gateways in front may obey it. */
const RETRY_AFTER_SECONDS = 5

/** The bodies of the three answers. */
const ANSWERS: Readonly<Record<AcceptStatus, string>> = {
  accepted: '{"status":"accepted"}',
  duplicate: '{"status":"duplicate"}',
  test: '{"status":"test"}',
}

export interface WebhookRouteOptions {
  authenticator: WebhookAuthenticator
  /** Resolves once the event is committed. Rejects with a `snooze` error when it may not be. */
  accept: (event: ReceivedEvent) => Promise<AcceptStatus>
  limiter: FailureLimiter
  /** Keyed hash of a sender's address, hexadecimal. */
  hashSource: (address: string) => string
  /** Keeps samples of refused deliveries and the bodies of accepted ones. */
  evidence: DeliveryEvidence
  apiKeyHeader: string
  /** Addresses that webhooks may come from, in CIDR notation; null: any. */
  allowedAddresses: readonly string[] | null
  metrics: Registry
}

/**
 * `POST /webhooks/paxos`: authenticates, checks the shape, commits, answers. 200 only for a committed event. 503 when it may not be
 * committed, so that the sender tries again. 4xx only for an error of the sender.
 */
export async function registerWebhookRoute(app: FastifyInstance, options: WebhookRouteOptions): Promise<void> {
  const { authenticator, accept, limiter, hashSource, evidence, apiKeyHeader, allowedAddresses } = options
  const metrics = createMetrics(options.metrics)

  await app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    if (allowedAddresses) scope.addHook('onRequest', allowSenders(allowedAddresses))
    scope.decorateRequest('startedAt', 0)
    scope.decorateRequest('provesByBody', false)
    scope.decorateRequest('keySlot', null)
    scope.addHook('onError', (request, _reply, error, done) => {
      const labels = refusalLabels(error)
      metrics.requests.inc(labels)
      evidence.keep('refused', () => sampleOf(request, labels))
      done()
    })
    scope.post('/webhooks/paxos', {
      helmet: false, // its headers are for browsers
      bodyLimit: BODY_LIMIT_BYTES,
      onRequest: (request, _reply, done) => {
        request.startedAt = performance.now()
        const verdict = authenticator.byHeaders(request.headers, (keySlot) => {
          request.keySlot = keySlot
        })
        if (verdict === 'authenticated') return done()
        Promise.resolve(verdict)
          .then(async (given) => {
            if (given === 'refused') throw await refuse(request)
            request.provesByBody = given === 'ask-body'
          })
          .then(() => done(), done)
      },
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const tell = (keySlot: string): void => {
          request.keySlot = keySlot
        }
        if (request.provesByBody && !authenticator.byBody(request.headers, body, tell)) throw await refuse(request)
        const event = {
          ...parseDelivery(body),
          keySlot: request.keySlot,
          sourceHash: hashSource(request.ip),
          traceparent: readTraceparent(request.headers.traceparent),
        }
        try {
          const status = await accept(event)
          metrics.answered[status].inc()
          if (status === 'accepted')
            evidence.keep('accepted', () => ({ ...sampleOf(request, { status: 200, reason: status }), eventId: event.eventId }))
          return reply.header('content-type', 'application/json; charset=utf-8').send(ANSWERS[status])
        } catch (error) {
          if (!(error instanceof AppError) || error.retry !== 'snooze') throw error
          metrics.requests.inc({ status: 503, reason: error.code })
          return answerUnavailable(reply, error.code)
        } finally {
          metrics.ackSeconds.observe((performance.now() - request.startedAt) / 1_000)
        }
      },
    })
    registered()
  })

  function sampleOf(request: FastifyRequest, { status, reason }: { status: number; reason: string }): DeliverySample {
    const body = Buffer.isBuffer(request.body) ? request.body : null
    return {
      at: new Date(),
      status,
      reason,
      proof: proofOf(request.headers, apiKeyHeader),
      keySlot: request.keySlot,
      sourceHash: hashSource(request.ip),
      eventId: null,
      body,
      bodySha256: body && hash('sha256', body, 'hex'),
    }
  }

  async function refuse(request: FastifyRequest): Promise<HttpProblem> {
    const wait = await limiter.recordFailure(request)
    if (wait === null) return authenticator.refusal()
    return new HttpProblem(429, 'TOO_MANY_FAILURES', 'Too many requests from this address did not prove their sender.', {
      retryAfterSeconds: wait,
    })
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When the request's head was read: monotonic clock, milliseconds. */
    startedAt: number
    /** Its headers have a signature that must be checked over the body. */
    provesByBody: boolean
    /** The key slot that authenticated it; null: none. */
    keySlot: string | null
  }
}

/** Answers here instead of throwing: the inbox logs an outage once, not for each request. */
function answerUnavailable(reply: FastifyReply, code: string): FastifyReply {
  const problem = new HttpProblem(503, code, 'The event could not be committed. Send it again.')
  return reply.code(503).header('retry-after', String(RETRY_AFTER_SECONDS)).type('application/problem+json').send(JSON.stringify(problem))
}

/** Fastify's own refusals, by the code that the server answers. */
const FASTIFY_REASONS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_MALFORMED',
}

function refusalLabels(error: FastifyError | HttpProblem): { status: number; reason: string } {
  if (error instanceof HttpProblem) return { status: error.status, reason: error.code }
  const { statusCode: status = 500, code } = error
  return { status, reason: FASTIFY_REASONS[code] ?? (status < 500 ? 'REQUEST_REFUSED' : 'INTERNAL') }
}

function createMetrics(registry: Registry): {
  requests: Counter<'status' | 'reason'>
  answered: Record<AcceptStatus, Counter.Internal>
  ackSeconds: Histogram
} {
  const registers = [registry]
  const requests = new Counter({
    name: 'gatehouse_webhook_requests_total',
    help: 'Webhook requests by status and reason.',
    labelNames: ['status', 'reason'],
    registers,
  })
  return {
    requests,
    answered: {
      accepted: requests.labels({ status: 200, reason: 'accepted' }),
      duplicate: requests.labels({ status: 200, reason: 'duplicate' }),
      test: requests.labels({ status: 200, reason: 'test' }),
    },
    ackSeconds: new Histogram({
      name: 'gatehouse_webhook_ack_seconds',
      help: 'Seconds from the head of a webhook request to its answer, 200 or 503.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
  }
}
