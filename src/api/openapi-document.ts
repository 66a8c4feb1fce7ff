import { z } from 'zod'
import type { ApiRoute } from './api-route.ts'
import { API_SCHEMAS } from './api-schemas.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of these routes, from the very schemas that they check with. */
export function openapiDocument(routes: readonly ApiRoute[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse operator API',
      version: '1',
      description:
        'Onboards people onto the brokerage and shows what became of them. Every refusal is a problem document (RFC 9457) with a stable code.',
    },
    security: [{ operatorToken: [] }],
    paths: Object.fromEntries(
      [...Map.groupBy(routes, ({ path }) => path)].map(([path, of]) => [
        path,
        Object.fromEntries(of.map((route) => [route.method.toLowerCase(), operation(route)])),
      ]),
    ),
    components: {
      securitySchemes: { operatorToken: { type: 'http', scheme: 'bearer', description: 'OPERATOR_TOKEN' } },
      schemas: componentSchemas(),
    },
  }
}

function operation({ summary, description, schemas, answers, refusals, method }: ApiRoute): Json {
  const operator = {
    name: 'X-Operator',
    in: 'header',
    required: false,
    schema: { type: 'string', default: 'api' },
    description: 'Who asks: the name that stands in the audit.',
  }
  const parameters = [
    ...parametersIn('path', schemas.params),
    ...parametersIn('query', schemas.query),
    ...parametersIn('header', schemas.headers),
    ...(method === 'POST' ? [operator] : []),
  ]
  const all = { 400: 'Something in the request is wrong; errors names each field.', 401: 'No operator token, or a wrong one.', ...refusals }
  return {
    summary,
    ...(description ? { description } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(schemas.body ? { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(schemas.body) } } } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, response(answer.description, 'application/json', answer.schema)]),
      ),
      ...Object.fromEntries(
        Object.entries({ ...all, 503: 'Not now; Retry-After says when.' }).map(([status, text]) => [
          status,
          response(text, 'application/problem+json', 'Problem'),
        ]),
      ),
    },
  }
}

function response(description: string, contentType: string, schema: string): Json {
  return { description, content: { [contentType]: { schema: { $ref: `#/components/schemas/${schema}` } } } }
}

function parametersIn(place: 'path' | 'query' | 'header', schema: z.ZodObject): Json[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...described } = jsonSchema(field as z.ZodType)
    const required = place === 'path' || !(field as z.ZodType).safeParse(undefined).success
    return { name, in: place, required, ...(description ? { description } : {}), schema: described }
  })
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Json
  return rest
}

/** Named once, referred to from everywhere. */
function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(API_SCHEMAS)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, id: _own, ...schema }]) => [id, schema] as const),
  )
}
