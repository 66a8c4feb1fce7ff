import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { type Permission, permits, ROLES, type Role } from '../../src/domain/roles.ts'
import { currentCaller } from '../../src/operate/access/caller.ts'
import { guardUseCases } from '../../src/operate/access/guard-use-cases.ts'
import { USE_CASE_PERMISSIONS } from '../../src/operate/access/use-case-permissions.ts'
import type { OperatorUseCases } from '../../src/operate/use-cases.ts'
import { registerOperatorPages } from '../../src/pages/operator-pages.ts'
import { requirePermissions } from '../../src/pages/page-permission.ts'
import { createHttpServer } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'

/** The role of the session; each request says it by this. */
let role: Role = 'viewer'
const DOUBLES = {
  ...Object.fromEntries(Object.keys(USE_CASE_PERMISSIONS).map((name) => [name, () => Promise.reject(new Error(`reached ${name}`))])),
  findSession: async () => ({ operator: 'Ada', role, source: 'oidc', tokenId: null, expiresAt: new Date(), seenAt: new Date() }),
} as unknown as OperatorUseCases

const pages: { method: string; url: string; permission: Permission }[] = []

async function serve(): Promise<FastifyInstance> {
  const app = await createHttpServer({
    ...{ logger: createLogger({ level: 'silent' }), bodyLimitBytes: 100_000, metrics: new Registry(), readiness: [] },
  })
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.permission && method !== 'HEAD') pages.push({ method: String(method), url, permission: config.permission })
  })
  await app.register((faces, _options, done) => {
    registerOperatorPages(faces, guardUseCases(DOUBLES, currentCaller), {
      ...{ token: 'token-of-this-test', idleMs: 1_000, now: Date.now, signOn: null },
      guard: { check: async () => 'wrong' },
      logins: { opened: () => undefined, refused: () => undefined },
    })
    done()
  })
  await app.ready()
  return app
}

const app = await serve()

describe.each(ROLES)('C5: the pages, for an operator of role %s', (asked) => {
  for (const { method, url, permission } of pages) {
    const allowed = permits(asked, permission)
    it(`${allowed ? 'serve' : 'refuse'} ${method} ${url}`, async () => {
      role = asked
      const answer = await app.inject({
        method: method as 'GET',
        url: url.replaceAll(/:\w+/g, '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'),
        headers: { cookie: 'gatehouse_session=x', host: 'here', origin: 'http://here', accept: 'application/json' },
      })
      if (allowed) expect(answer.body).not.toContain('PERMISSION_MISSING')
      else expect([answer.statusCode, answer.body]).toEqual([403, expect.stringContaining(`lacks the permission ${permission} (`)])
    })
  }
})

describe('a page', () => {
  it('is among those that are tested here', () => {
    expect(pages.length).toBeGreaterThan(30)
  })

  it('without a declared permission is not served, and the error says what to add', async () => {
    const other = await createHttpServer({
      ...{ logger: createLogger({ level: 'silent' }), bodyLimitBytes: 1_000, metrics: new Registry(), readiness: [] },
    })
    requirePermissions(other)
    expect(() => other.get('/new', async () => 'x')).toThrow("page GET /new declares no permission: add needs('…')")
  })
})
