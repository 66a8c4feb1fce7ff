import { z } from 'zod'
import { rolesWith } from '../domain/roles.ts'
import { ANSWER_EXAMPLES, PARAMETER_EXAMPLES, REQUEST_EXAMPLES } from './api-examples.ts'
import type { ApiRoute } from './api-route.ts'
import { API_SCHEMAS, type ApiSchemaName } from './api-schemas.ts'
import { notificationWebhooks } from './notification-schema.ts'
import { operationId } from './operation-id.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of these routes, generated from the schemas that validate their requests. */
export function openapiDocument(routes: readonly ApiRoute[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse operator API',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Onboards people, trades for them, and operates Gatehouse. Every error is a problem document (RFC 9457) with a stable code.',
    },
    servers: [{ url: '/', description: 'The server that serves this document' }],
    security: [{ operatorToken: [] }],
    tags: tagsOf(routes),
    paths: Object.fromEntries(
      [...Map.groupBy(routes, ({ path }) => path)].map(([path, of]) => [
        path,
        Object.fromEntries(of.map((route) => [route.method.toLowerCase(), operation(route)])),
      ]),
    ),
    webhooks: notificationWebhooks(),
    components: {
      securitySchemes: { operatorToken: { type: 'http', scheme: 'bearer', description: 'A token of an operator, or OPERATOR_TOKEN' } },
      schemas: componentSchemas(),
    },
  }
}

/** The first word of a path, and its meaning. */
const TAGS: Readonly<Record<string, string>> = {
  find: 'One search over everything that has an id or a key',
  onboardings: 'Customers and their onboarding',
  changes: 'Changes of customers at Paxos',
  events: 'Events received from Paxos',
  issues: 'Failures grouped by cause',
  replays: 'Process events again: plan, approve, read the results',
  proof: 'What may exist only once, counted',
  queue: 'The disposable queue of jobs',
  accounts: 'Brokerage accounts: balances, deposits, orders',
  orders: 'Orders: read, list, cancel',
  markets: 'Markets for trading',
  quotes: 'Held-rate quotes',
  operators: 'People and programs that use Gatehouse: roles and tokens',
  whoami: 'The caller of a request',
  notifications: 'Notifications to your application',
}

const tagOf = (path: string): string => path.split('/')[2] ?? ''

function tagsOf(routes: readonly ApiRoute[]): Json[] {
  const names = new Set([...routes.map(({ path }) => tagOf(path)), 'notifications'])
  return [...names].map((name) => ({ name, description: TAGS[name] ?? `Routes under /v1/${name}` }))
}

function operation(route: ApiRoute): Json {
  const { summary, description, permission, schemas, answers, refusals, method, path } = route
  const id = operationId(method, path)
  const operator = {
    name: 'X-Operator',
    in: 'header',
    required: false,
    schema: { type: 'string', default: 'api' },
    description:
      'The name of the person who acts, for the audit. With OPERATOR_TOKEN: any name that is not an operator. With a token of an operator: only its own name.',
  }
  const parameters = [
    ...parametersIn('path', schemas.params),
    ...parametersIn('query', schemas.query),
    ...parametersIn('header', schemas.headers),
    ...(method === 'GET' ? [] : [operator]),
  ]
  const all = {
    400: 'Invalid request; errors lists each wrong field.',
    401: 'Missing or wrong operator token.',
    403: `The caller's role lacks the permission ${permission} (PERMISSION_MISSING).`,
    429: 'Too many wrong operator tokens from this address. Retry-After: seconds to wait.',
    ...refusals,
  }
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    description: [description, `Needs the permission ${permission}: role ${rolesWith(permission)[0]} or higher.`].filter(Boolean).join(' '),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(schemas.body ? { requestBody: { required: true, content: { 'application/json': requestContent(id, schemas.body) } } } : {}),
    ...(route.upload ? { requestBody: { required: true, content: { 'multipart/form-data': formContent(id, route.upload) } } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          response(answer.description, answer.contentType ?? 'application/json', answer.schema),
        ]),
      ),
      ...Object.fromEntries(
        Object.entries({ ...all, 503: 'Temporarily unavailable. Retry-After: seconds to wait.' }).map(([status, text]) => [
          status,
          response(text, 'application/problem+json', 'Problem'),
        ]),
      ),
    },
  }
}

function requestContent(id: string, body: z.ZodType): Json {
  return { schema: jsonSchema(body), ...(id in REQUEST_EXAMPLES ? { example: REQUEST_EXAMPLES[id] } : {}) }
}

/** A form: the fields are texts, and the file stands last. */
function formContent(id: string, fields: z.ZodObject): Json {
  const { properties, ...schema } = jsonSchema(fields) as { properties: Json }
  const required = [...((schema as { required?: string[] }).required ?? []), 'file']
  const file = { type: 'string', contentMediaType: 'application/octet-stream' }
  return {
    schema: { ...schema, properties: { ...properties, file }, required },
    ...(id in REQUEST_EXAMPLES ? { example: REQUEST_EXAMPLES[id] } : {}),
  }
}

function response(description: string, contentType: string, schema: ApiSchemaName): Json {
  const example = ANSWER_EXAMPLES[schema]
  const content = { schema: { $ref: `#/components/schemas/${schema}` }, ...(example === undefined ? {} : { example }) }
  return { description, content: { [contentType]: content } }
}

function parametersIn(place: 'path' | 'query' | 'header', schema: z.ZodObject): Json[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...described } = jsonSchema(field as z.ZodType)
    const required = place === 'path' || !(field as z.ZodType).safeParse(undefined).success
    const example = PARAMETER_EXAMPLES[name]?.find((each) => (field as z.ZodType).safeParse(each).success)
    return { name, in: place, required, ...(description ? { description } : {}), ...(example ? { example } : {}), schema: described }
  })
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Json
  return rest
}

/** Schemas, each defined once and referenced by name. */
function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(API_SCHEMAS)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, id: _own, ...schema }]) => [id, schema] as const),
  )
}
