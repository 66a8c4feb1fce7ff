import formbody from '@fastify/formbody'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import { z } from 'zod'
import { HttpProblem } from '../platform/problem.ts'
import { type AccessTokens, type OAuthClient, TOKEN_LIFETIME_SECONDS } from './access-tokens.ts'
import { allowSenders } from './allow-senders.ts'
import type { FailureLimiter } from './failure-limiter.ts'
import { createSecretMatcher } from './match-secret.ts'

const BODY_LIMIT_BYTES = 4_096

/** A refusal in OAuth's form (RFC 6749 5.2), since the caller is an OAuth client. */
class TokenRefusal extends Error {
  readonly status: number
  readonly error: 'invalid_request' | 'invalid_client' | 'unsupported_grant_type'
  constructor(status: number, error: TokenRefusal['error'], description: string) {
    super(description)
    this.name = 'TokenRefusal'
    this.status = status
    this.error = error
  }
}

interface Credentials {
  id: string
  secret: string
}

/** A repeated parameter becomes an array, which RFC 6749 3.2 forbids. */
const TokenRequest = z.object({
  grant_type: z.string(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
})

/**
 * `POST /oauth/token`: exchanges client credentials for a bearer token. Paxos sends them in the Authorization header and in the form at
 * once (paxos/api.md 2.3, documented), which RFC 6749 2.3 discourages. Both are accepted and must agree.
 */
export async function registerTokenEndpoint(
  app: FastifyInstance,
  {
    clients,
    tokens,
    metrics,
    limiter,
    allowedAddresses,
  }: {
    clients: readonly OAuthClient[]
    tokens: AccessTokens
    metrics: Registry
    limiter: FailureLimiter
    allowedAddresses: readonly string[] | null
  },
): Promise<void> {
  const matchClient = createSecretMatcher(clients.map(credentialText))
  const requests = new Counter({
    name: 'gatehouse_oauth_token_requests_total',
    help: 'Requests for a bearer token, by answer.',
    labelNames: ['status', 'reason'],
    registers: [metrics],
  })

  await app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers()
    void scope.register(formbody, { bodyLimit: BODY_LIMIT_BYTES }) // Fastify waits for it
    if (allowedAddresses) scope.addHook('onRequest', allowSenders(allowedAddresses))
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store')
      done()
    })
    scope.setErrorHandler<FastifyError>((error, _request, reply) => {
      const refusal = toRefusal(error)
      const problem = error instanceof HttpProblem ? error : null
      requests.inc({ status: refusal?.status ?? problem?.status ?? 500, reason: refusal?.error ?? problem?.code ?? 'server_error' })
      if (!refusal) throw error // the server's handler logs it and answers 500
      return answerRefusal(reply, refusal)
    })
    scope.post('/oauth/token', { helmet: false, bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
      const readings = readCredentials(request.body, request.headers.authorization)
      const client = readings.map((credentials) => clients[matchClient(credentialText(credentials))]).find((known) => known !== undefined)
      if (!client) {
        const wait = await limiter.recordFailure(request)
        if (wait !== null) {
          requests.inc({ status: 429, reason: 'too_many_failures' })
          return reply
            .code(429)
            .header('retry-after', String(wait))
            .send({ error: 'invalid_client', error_description: 'Too many failures; wait for Retry-After.' })
        }
        throw new TokenRefusal(401, 'invalid_client', 'Unknown client or wrong secret.')
      }
      const token = await tokens.mint(client)
      requests.inc({ status: 200, reason: 'issued' })
      return { access_token: token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME_SECONDS }
    })
    registered()
  })
}

/** The possible credentials of the request: one reading, or two if its Basic header is ambiguous. @throws TokenRefusal */
function readCredentials(body: unknown, authorization: string | undefined): Credentials[] {
  const parsed = TokenRequest.safeParse(body)
  if (!parsed.success) {
    throw new TokenRefusal(400, 'invalid_request', 'Send grant_type=client_credentials as a form, each parameter at most once.')
  }
  const { grant_type, client_id, client_secret } = parsed.data
  if (grant_type !== 'client_credentials')
    throw new TokenRefusal(400, 'unsupported_grant_type', 'The only grant type is client_credentials.')
  const basic = readBasic(authorization)
  if (basic) {
    const agreeing = basic.filter(({ id, secret }) => (client_id ?? id) === id && (client_secret ?? secret) === secret)
    if (agreeing.length > 0) return agreeing
    throw new TokenRefusal(400, 'invalid_request', 'The Authorization header and the form name different credentials; they must agree.')
  }
  if (client_id === undefined || client_secret === undefined) {
    throw new TokenRefusal(401, 'invalid_client', 'Send the client id and secret, by HTTP Basic, in the form, or both.')
  }
  return [{ id: client_id, secret: client_secret }]
}

/**
 * The Basic header, form-decoded and unchanged. RFC 6749 2.3.1 wants both parts form-encoded. Many clients (`curl -u` among them) send them
 * plain, and the `+` of a base64 secret means a blank when decoded.
 */
function readBasic(authorization: string | undefined): Credentials[] | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) throw new TokenRefusal(400, 'invalid_request', 'The Basic credentials have no colon between id and secret.')
  const plain = { id: text.slice(0, colon), secret: text.slice(colon + 1) }
  try {
    return [{ id: formDecode(plain.id), secret: formDecode(plain.secret) }, plain]
  } catch {
    return [plain] // a percent sign that encodes nothing
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

/**
 * One text for both parts, so that they are compared at once and in constant time. The length distinguishes `a:b` + `c` from `a` + `b:c`.
 */
function credentialText({ id, secret }: Credentials): string {
  return `${id.length}:${id}:${secret}`
}

function toRefusal(error: FastifyError): TokenRefusal | null {
  if (error instanceof TokenRefusal) return error
  if (error.statusCode === undefined || error.statusCode >= 500) return null
  return new TokenRefusal(error.statusCode, 'invalid_request', 'Send a form (application/x-www-form-urlencoded) of at most 4 KiB.')
}

function answerRefusal(reply: FastifyReply, { status, error, message }: TokenRefusal): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Basic realm="gatehouse"')
  return reply.code(status).send({ error, error_description: message })
}
