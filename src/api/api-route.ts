import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Actor } from '../domain/actor.ts'
import type { Permission } from '../domain/roles.ts'
import { authorise } from '../operate/access/authorise.ts'
import { actorOf, type Caller } from '../operate/access/caller.ts'
import { OperatorName } from '../operate/access/operator-name.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { unstorableFields } from '../operate/input/unstorable.ts'
import { HttpProblem } from '../platform/problem.ts'
import type { ApiSchemaName } from './api-schemas.ts'
import { namedOperator } from './name-caller.ts'
import { type FileForm, readForm } from './read-form.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The request is safe to repeat with the same key. */
    takesIdempotencyKey?: boolean
  }
  interface FastifyRequest {
    /** Who sends the request; null before the credential was checked. */
    caller: Caller | null
  }
}

/** A handler's input: the checked request and the actor. */
interface Input<Params, Query, Headers, Body, Fields> {
  params: Params
  query: Query
  headers: Headers
  body: Body
  /** The caller as the audit names it. */
  actor: Actor
  /** Reads the form of an upload up to its file. @throws HttpProblem naming every wrong field */
  form: () => Promise<FileForm<Fields>>
}

export interface Answer {
  status: number
  headers?: Readonly<Record<string, string>>
  body: unknown
}

/** One route of the operator API: its input, its responses and its handler. Serving and documentation both come from it, so they cannot differ. */
export interface ApiRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** In OpenAPI's form: `/v1/onboardings/{id}`. */
  path: string
  /** The permission that a caller needs. Checked before the request is read. */
  permission: Permission
  summary: string
  description?: string | undefined
  schemas: { params: z.ZodObject; query: z.ZodObject; headers: z.ZodObject; body: z.ZodType | null }
  /** The fields beside the file of a form that is uploaded; null: the route takes none. */
  upload: z.ZodObject | null
  /** The answer is a stream that may take minutes. */
  streams: boolean
  /** Successful responses by status. */
  answers: Record<number, { description: string; schema: ApiSchemaName; contentType?: string }>
  /** Error responses in addition to 400, 401 and 503. */
  refusals: Record<number, string>
  run(request: FastifyRequest): Promise<Answer>
}

const None = z.strictObject({})
const XOperator = OperatorName.optional()

/** A route from its parts. A part that is not given accepts nothing: any field sent there is refused by name. */
export function apiRoute<
  Params extends z.ZodObject = typeof None,
  Query extends z.ZodObject = typeof None,
  Headers extends z.ZodObject = typeof None,
  Body extends z.ZodType = z.ZodUndefined,
  Fields extends z.ZodObject = typeof None,
>(route: {
  method: ApiRoute['method']
  path: string
  /** One of domain/roles.ts: what a caller needs to use this route. A route without one is neither compiled nor served. */
  permission: Permission
  summary: string
  description?: string
  params?: Params
  query?: Query
  headers?: Headers
  body?: Body
  upload?: Fields
  streams?: boolean
  answers: ApiRoute['answers']
  refusals?: ApiRoute['refusals']
  handle: (input: Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>, z.output<Fields>>) => Promise<Answer>
}): ApiRoute {
  const { method, path, permission, summary, description, answers, refusals = {}, handle } = route
  const schemas = {
    params: route.params ?? None,
    query: route.query ?? None,
    headers: route.headers ?? z.object({}),
    body: route.body ?? null,
  }
  return {
    ...{
      method,
      path,
      permission,
      summary,
      description,
      schemas,
      upload: route.upload ?? null,
      streams: route.streams ?? false,
      answers,
      refusals,
    },
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
        actor: request.caller && actorOf(request.caller),
      }
      read(XOperator, namedOperator(request), { whole: 'x-operator' })
      if (errors.length > 0) throw refuse(errors)
      // Each part was parsed with the schema that defines its type.
      const form = () => readForm(request, route.upload ?? None)
      return handle({ ...input, form } as Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>, z.output<Fields>>)
    },
  }
}

function refuse(errors: { field: string; message: string }[]): HttpProblem {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new HttpProblem(400, 'REQUEST_INVALID', `${detail}.`, { errors })
}

/** Registers the routes on this instance, which has the hooks and the error handler. */
export function serveRoutes(app: FastifyInstance, routes: readonly ApiRoute[]): void {
  for (const { method, path, permission, run, schemas, upload, streams } of routes) {
    if (permission === undefined)
      throw new TypeError(`route ${method} ${path} declares no permission: add permission: '…' with one of domain/roles.ts`)
    app.route({
      method,
      onRequest: async ({ caller }) => requirePermission(caller, permission),
      config: { takesIdempotencyKey: 'idempotency-key' in schemas.headers.shape, takesLong: upload !== null || streams },
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        if (upload !== null) return reply.send(await answerUpload(run, request, reply))
        const { status, headers = {}, body } = await run(request)
        return reply.code(status).headers(headers).send(body)
      },
    })
  }
}

/** Asks for the permission of the route, after the bearer token was checked. @throws PermissionMissingError, TypeError without a caller */
function requirePermission(caller: Caller | null, permission: Permission): void {
  if (caller === null) throw new TypeError('a route of the API is served without the check of the bearer token')
  authorise(caller, permission)
}

/** A refusal is sent after the rest of the file was read and dropped: a sender that is still writing would else meet a closed connection and no reason. */
async function answerUpload(run: ApiRoute['run'], request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  try {
    const { status, body } = await run(request)
    reply.code(status)
    return body
  } finally {
    await dropBody(request.raw)
  }
}

const LONGEST_DROP_MS = 30_000

async function dropBody(body: IncomingMessage): Promise<void> {
  if (body.complete || body.destroyed) return
  body.unpipe()
  body.resume()
  await finished(body, { signal: AbortSignal.timeout(LONGEST_DROP_MS) }).catch(() => undefined)
}
