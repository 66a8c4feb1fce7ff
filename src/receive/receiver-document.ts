import { z } from 'zod'
import { Delivery } from './parse-delivery.ts'

type Json = Record<string, unknown>

const EXAMPLE = {
  id: '0b6f0a8e-6a5e-4b9f-9d53-0d8a3c1f2a77',
  type: 'identity.approved',
  source: 'com.paxos',
  time: '2026-03-02T09:15:30Z',
  object: 'event',
  is_test: false,
}

/** The OpenAPI 3.1 document of the receiver, with the schema of its check of deliveries. `apiKeyHeader`: WEBHOOK_API_KEY_HEADER. */
export function receiverDocument(apiKeyHeader: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse receiver',
      version: '1',
      description:
        'Receives webhooks from Paxos. It sends a 200 only after the event is committed. After any other answer, send the event again.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that serves this document' }],
    tags: [
      { name: 'webhooks', description: 'Deliveries' },
      { name: 'oauth', description: 'Tokens for deliveries, if WEBHOOK_AUTH names oauth' },
    ],
    paths: { '/webhooks/paxos': { post: deliver() }, '/oauth/token': { post: askToken() } },
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: apiKeyHeader, description: 'One of WEBHOOK_API_KEYS.' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token from POST /oauth/token.' },
        signature: { type: 'apiKey', in: 'header', name: 'webhook-signature', description: 'Standard Webhooks, v1.' },
        client: { type: 'http', scheme: 'basic', description: 'Client id and secret of WEBHOOK_OAUTH_CLIENTS.' },
      },
      schemas: { Delivery: schemaOf(Delivery), Problem: PROBLEM },
    },
  }
}

function deliver(): Json {
  const status = {
    type: 'string',
    enum: ['accepted', 'duplicate', 'test'],
    description: 'Committed now, committed before, or a test event.',
  }
  return {
    operationId: 'deliverEvent',
    tags: ['webhooks'],
    summary: 'Deliver an event',
    description: 'Safe to repeat: the receiver answers `duplicate` for an event that is already committed.',
    security: [{ apiKey: [] }, { bearer: [] }, { signature: [] }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Delivery' }, example: EXAMPLE } },
    },
    responses: {
      200: {
        description: 'The event is committed to Postgres with fsync.',
        content: {
          'application/json': {
            schema: { type: 'object', required: ['status'], properties: { status } },
            example: { status: 'accepted' },
          },
        },
      },
      ...refusals({
        400: 'Not a delivery; errors names each field.',
        401: 'The request does not prove its sender.',
        403: 'Sent from an address that WEBHOOK_ALLOWED_ADDRESSES does not list.',
        408: 'The request did not arrive in time.',
        413: 'Larger than 16 KiB.',
        415: 'Not application/json, or compressed.',
        429: 'Too many failed proofs from this address. Retry-After: seconds to wait.',
        503: 'The event may not be committed: send it again after Retry-After.',
      }),
    },
  }
}

function askToken(): Json {
  const text = { type: 'string' }
  const refusal = { type: 'object', required: ['error'], properties: { error: text, error_description: text } }
  const form = {
    type: 'object',
    required: ['grant_type'],
    properties: { grant_type: { const: 'client_credentials' }, client_id: text, client_secret: text },
  }
  const token = {
    type: 'object',
    required: ['access_token', 'token_type', 'expires_in'],
    properties: { access_token: text, token_type: { const: 'Bearer' }, expires_in: { type: 'integer', description: 'Seconds.' } },
  }
  const answer = (description: string, schema: Json): Json => ({ description, content: { 'application/json': { schema } } })
  return {
    operationId: 'askToken',
    tags: ['oauth'],
    summary: 'Exchange client credentials for a bearer token',
    description: 'Send the credentials by HTTP Basic, in the form, or in both; in both they must be equal.',
    security: [{ client: [] }, {}],
    requestBody: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: form, example: { grant_type: 'client_credentials' } } },
    },
    responses: {
      200: answer('A token, valid for 1 h.', token),
      400: answer('Invalid request.', refusal),
      401: answer('Unknown client or wrong secret.', refusal),
      429: answer('Too many failures. Retry-After: seconds to wait.', refusal),
    },
  }
}

function refusals(texts: Readonly<Record<number, string>>): Json {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(Object.entries(texts).map(([status, description]) => [status, { description, content }]))
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Json
  return rest
}

/** RFC 9457, as src/platform/problem.ts writes it. */
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; docs/errors.md explains each.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}
