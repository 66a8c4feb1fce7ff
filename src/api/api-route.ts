import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Actor } from '../domain/actor.ts'
import { fieldErrors, sayIssue } from '../operate/field-errors.ts'
import { headerText, OperatorName } from '../operate/operator-name.ts'
import { unstorableFields } from '../operate/unstorable.ts'
import { HttpProblem } from '../platform/problem.ts'
import type { ApiSchemaName } from './api-schemas.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The request is safe to repeat with the same key. */
    takesIdempotencyKey?: boolean
  }
}

/** A handler's input: the checked request and the actor. */
interface Input<Params, Query, Headers, Body> {
  params: Params
  query: Query
  headers: Headers
  body: Body
  /** The actor for the audit: the person named in `X-Operator`; without that header, a program. */
  actor: Actor
}

export interface Answer {
  status: number
  body: unknown
}

/** One route of the operator API: its input, its responses and its handler. Serving and documentation both come from it, so they cannot differ. */
export interface ApiRoute {
  method: 'GET' | 'POST'
  /** In OpenAPI's form: `/v1/onboardings/{id}`. */
  path: string
  summary: string
  description?: string | undefined
  schemas: { params: z.ZodObject; query: z.ZodObject; headers: z.ZodObject; body: z.ZodType | null }
  /** Successful responses by status. */
  answers: Record<number, { description: string; schema: ApiSchemaName }>
  /** Error responses in addition to 400, 401 and 503. */
  refusals: Record<number, string>
  run(request: FastifyRequest): Promise<Answer>
}

const None = z.strictObject({})
const OPERATOR = OperatorName.optional().transform(
  (name): Actor => (name === undefined ? { kind: 'api', name: 'api' } : { kind: 'operator', name }),
)

/** A route from its parts. A part that is not given accepts nothing: any field sent there is refused by name. */
export function apiRoute<
  Params extends z.ZodObject = typeof None,
  Query extends z.ZodObject = typeof None,
  Headers extends z.ZodObject = typeof None,
  Body extends z.ZodType = z.ZodUndefined,
>(route: {
  method: ApiRoute['method']
  path: string
  summary: string
  description?: string
  params?: Params
  query?: Query
  headers?: Headers
  body?: Body
  answers: ApiRoute['answers']
  refusals?: ApiRoute['refusals']
  handle: (input: Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>) => Promise<Answer>
}): ApiRoute {
  const { method, path, summary, description, answers, refusals = {}, handle } = route
  const schemas = {
    params: route.params ?? None,
    query: route.query ?? None,
    headers: route.headers ?? z.object({}),
    body: route.body ?? null,
  }
  return {
    ...{ method, path, summary, description, schemas, answers, refusals },
    run: async (request) => {
      const errors = [...unstorableFields(request.params), ...unstorableFields(request.query), ...unstorableFields(request.body)]
      const read = (schema: z.ZodType, value: unknown, { known = [], whole }: { known?: string[]; whole: string }): unknown => {
        const parsed = schema.safeParse(value, { error: sayIssue })
        if (parsed.success) return parsed.data
        errors.push(...fieldErrors(parsed.error, { known, whole }))
        return undefined
      }
      const input = {
        params: read(schemas.params, request.params, { whole: 'path' }),
        query: read(schemas.query, request.query, { known: Object.keys(schemas.query.shape), whole: 'query' }),
        headers: read(schemas.headers, request.headers, { whole: 'headers' }),
        body: schemas.body ? read(schemas.body, request.body ?? undefined, { whole: 'body' }) : undefined,
        actor: read(OPERATOR, operatorOf(request), { whole: 'x-operator' }),
      }
      if (errors.length > 0) throw refuse(errors)
      // Each part was parsed with the schema that defines its type.
      return handle(input as Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>)
    },
  }
}

function operatorOf({ headers }: FastifyRequest): string | undefined {
  const name = headers['x-operator']
  return typeof name === 'string' ? headerText(name) : undefined
}

function refuse(errors: { field: string; message: string }[]): HttpProblem {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new HttpProblem(400, 'REQUEST_INVALID', `${detail}.`, { errors })
}

/** Registers the routes on this instance, which has the hooks and the error handler. */
export function serveRoutes(app: FastifyInstance, routes: readonly ApiRoute[]): void {
  for (const { method, path, run, schemas } of routes) {
    app.route({
      method,
      config: { takesIdempotencyKey: 'idempotency-key' in schemas.headers.shape },
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const { status, body } = await run(request)
        return reply.code(status).send(body)
      },
    })
  }
}
