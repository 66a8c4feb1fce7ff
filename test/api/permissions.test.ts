import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARAMETER_EXAMPLES, REQUEST_EXAMPLES } from '../../src/api/api-examples.ts'
import { type ApiRoute, serveRoutes } from '../../src/api/api-route.ts'
import { operationId } from '../../src/api/operation-id.ts'
import { operatorRoutes, registerOperatorApi } from '../../src/api/operator-api.ts'
import { PERMISSION_NAMES, permits, ROLES, type Role, rolesWith } from '../../src/domain/roles.ts'
import { currentCaller } from '../../src/operate/access/caller.ts'
import { guardUseCases } from '../../src/operate/access/guard-use-cases.ts'
import { USE_CASE_PERMISSIONS } from '../../src/operate/access/use-case-permissions.ts'
import type { OperatorUseCases } from '../../src/operate/use-cases.ts'
import { AppError } from '../../src/platform/app-error.ts'
import { createHttpServer } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'

class ReachedError extends AppError {
  readonly code = 'REACHED'
  readonly retry = 'never'
}

/** Use cases that end the request as soon as one of them runs. */
const DOUBLES = Object.fromEntries(
  Object.keys(USE_CASE_PERMISSIONS).map((name) => [name, () => Promise.reject(new ReachedError(name))]),
) as unknown as OperatorUseCases
const routes = operatorRoutes(DOUBLES)

let app: FastifyInstance
beforeAll(async () => {
  app = await createHttpServer({
    logger: createLogger({ level: 'silent' }),
    bodyLimitBytes: 100_000,
    metrics: new Registry(),
    readiness: [],
  })
  // The name of a role is its token.
  const check = async (token: string) =>
    ({ caller: { kind: 'operator', name: 'Ada', role: token as Role, credential: { kind: 'session', source: 'oidc' } } }) as const
  await registerOperatorApi(app, guardUseCases(DOUBLES, currentCaller), { guard: { check }, findOperator: async () => null })
  await app.ready()
})
afterAll(() => app.close())

/** A request that the route accepts, from the examples of the documentation. */
async function send({ method, path, upload, schemas }: ApiRoute, role: Role): Promise<{ status: number; code: string; detail: string }> {
  const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> = { ...schemas.params.shape, ...schemas.query.shape }
  const example = (name: string): string => PARAMETER_EXAMPLES[name]?.find((each) => shape[name]?.safeParse(each).success) ?? 'x'
  const query = Object.entries(schemas.query.shape).flatMap(([name, field]) =>
    (field as (typeof shape)[string]).safeParse(undefined).success
      ? []
      : [[name, name === 'market' ? 'BTCUSD' : example(name)] as [string, string]],
  )
  const body = REQUEST_EXAMPLES[operationId(method, path)]
  const form = new FormData()
  for (const [name, value] of Object.entries((upload && (body as object)) ?? {}))
    form.append(name, name === 'file' ? new Blob([String(value)]) : String(value), ...(name === 'file' ? ['proof.pdf'] : []))
  const sent = new Response(upload ? form : body === undefined ? null : JSON.stringify(body))
  const answer = await app.inject({
    method,
    url: `${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => example(name))}?${new URLSearchParams(query)}`,
    headers: {
      authorization: `Bearer ${role}`,
      'idempotency-key': 'key-of-the-test',
      ...(body === undefined ? {} : { 'content-type': upload ? (sent.headers.get('content-type') ?? '') : 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: Buffer.from(await sent.arrayBuffer()) }),
  })
  return { status: answer.statusCode, ...answer.json<{ code: string; detail: string }>() }
}

for (const role of ROLES) {
  describe(`C5: the API, for a caller of role ${role}`, () => {
    for (const route of routes) {
      const { method, path, permission } = route
      if (permits(role, permission))
        it(`lets ${method} ${path} reach its use case, which asks for nothing more`, async () => {
          expect(await send(route, role)).toMatchObject(path === '/v1/whoami' ? { status: 200, role } : { code: 'REACHED' })
        })
      else
        it(`refuses ${method} ${path}, and names ${permission} and the roles that have it`, async () => {
          const refused = await send(route, role)
          expect([refused.status, refused.code]).toEqual([403, 'PERMISSION_MISSING'])
          expect(refused.detail).toContain(`lacks the permission ${permission} (`)
          for (const other of rolesWith(permission)) expect(refused.detail).toContain(other)
          expect(refused.detail).toContain('An admin can grant it')
        })
    }
  })
}

describe('a route of the API', () => {
  it('refuses before it reads the request: a caller without the permission learns nothing about its fields', async () => {
    for (const { method, path } of routes.filter(({ method, permission }) => method !== 'GET' && !permits('viewer', permission))) {
      const headers = { authorization: 'Bearer viewer', 'content-type': 'application/json' }
      const refused = await app.inject({ method, url: path.replaceAll(/[{}]/g, ''), headers, payload: '{"no": "such field"' })
      expect([path, refused.statusCode]).toEqual([path, 403])
    }
  })

  it('declares a permission that exists', () => {
    for (const { method, path, permission } of routes)
      expect([`${method} ${path}`, PERMISSION_NAMES]).toEqual([expect.anything(), expect.arrayContaining([permission])])
  })

  it('that acts never needs only a permission to read, except for a preview', () => {
    const acts = routes.filter(({ method, permission }) => method !== 'GET' && permission.endsWith('.read'))
    expect(acts.map(({ path }) => path).filter((path) => !path.endsWith('/preview'))).toEqual([])
  })

  it('without a permission is not served, and the error says what to add', () => {
    const [{ permission: _none, ...rest } = {}] = routes
    expect(() => serveRoutes(app, [rest as unknown as ApiRoute])).toThrow(/declares no permission: add permission: /)
  })
})
