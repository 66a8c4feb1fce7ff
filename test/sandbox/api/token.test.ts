import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { DOCUMENTED_SCOPES } from '../../../src/sandbox/api/scopes.ts'
import { startSandbox, tokenFrom } from '../start-sandbox.ts'

const CLIENT = { client_id: 'sandbox', client_secret: 'sandbox' }

describe('POST /oauth2/token', () => {
  it('returns an opaque bearer token for 3599 s with the requested scopes', async () => {
    const { sandbox } = await startSandbox()
    const { status, body } = await tokenFrom(sandbox, { ...CLIENT, scope: 'events:read_event identity:read_identity' })
    expect(status).toBe(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]{20,}$/),
      expires_in: 3599,
      scope: 'events:read_event identity:read_identity',
      token_type: 'bearer',
    })
  })

  it('returns every scope of the client when none is requested', async () => {
    const { sandbox } = await startSandbox()
    expect((await tokenFrom(sandbox, CLIENT)).body.scope.split(' ').sort()).toEqual([...DOCUMENTED_SCOPES].sort())
  })

  it('accepts Basic credentials, alone and with the same credentials in the body', async () => {
    const { sandbox } = await startSandbox({ clients: [{ id: 'a:b', secret: 'ü&=', scopes: ['events:read_event'] }] })
    const basic = { authorization: `Basic ${Buffer.from('a%3Ab:%C3%BC%26%3D').toString('base64')}` }
    expect((await tokenFrom(sandbox, {}, basic)).status).toBe(200)
    expect((await tokenFrom(sandbox, { client_id: 'a:b', client_secret: 'ü&=' }, basic)).status).toBe(200)
    expect((await tokenFrom(sandbox, { client_id: 'a:b', client_secret: 'another' }, basic)).status).toBe(401)
  })

  it('accepts multipart/form-data, as curl --form sends it', async () => {
    const { sandbox } = await startSandbox()
    const form = new FormData()
    for (const [name, value] of Object.entries({ grant_type: 'client_credentials', ...CLIENT })) form.set(name, value)
    expect((await fetch(sandbox.tokenUrl, { method: 'POST', body: form })).status).toBe(200)
  })

  it('answers 401 invalid_client for a wrong secret and for an unknown client', async () => {
    const { sandbox } = await startSandbox()
    for (const wrong of [{ client_id: 'sandbox', client_secret: 'guess' }, { client_id: 'nobody', client_secret: 'sandbox' }, {}]) {
      const { status, body } = await tokenFrom(sandbox, wrong)
      expect([status, body.error]).toEqual([401, 'invalid_client'])
    }
  })

  it('answers 400 invalid_scope for a scope that the client lacks', async () => {
    const { sandbox } = await startSandbox({ clients: [{ id: 'reader', secret: 's', scopes: ['events:read_event'] }] })
    const { status, body } = await tokenFrom(sandbox, {
      client_id: 'reader',
      client_secret: 's',
      scope: 'events:read_event identity:write_account',
    })
    expect([status, body.error]).toEqual([400, 'invalid_scope'])
    expect(body.error_description).toContain('identity:write_account')
  })

  it('answers unsupported_grant_type for every other grant type', async () => {
    const { sandbox } = await startSandbox()
    expect((await tokenFrom(sandbox, { ...CLIENT, grant_type: 'password' })).body.error).toBe('unsupported_grant_type')
  })
})

describe('a call of the API', () => {
  it('is answered 401 with the documented text when it carries no authorization header', async () => {
    const { call } = await startSandbox()
    const { status, body } = await call('GET', '/events', undefined, { token: null })
    expect([status, body.title, body.detail]).toEqual([401, 'Unauthorized', 'no authorization header set'])
  })

  it('is answered 401 when the token is unknown, expired or revoked', async () => {
    const { sandbox, call, control } = await startSandbox()
    expect((await call('GET', '/events', undefined, { token: 'made-up' })).status).toBe(401)
    expect((await call('GET', '/events')).status).toBe(200)
    expect((await control('POST', '/tokens/revoke')).body).toEqual({ revoked: 1 })
    expect((await call('GET', '/events')).status).toBe(401)
    await control('PATCH', '/settings', { tokenTtlSeconds: 1 })
    const short = (await tokenFrom(sandbox, CLIENT)).body
    expect(short.expires_in).toBe(1)
    await expect
      .poll(async () => (await call('GET', '/events', undefined, { token: short.access_token })).status, { timeout: 3_000 })
      .toBe(401)
  })

  it('is answered 403 with the documented text when the token lacks the scope', async () => {
    const { sandbox, call } = await startSandbox()
    const token = (await tokenFrom(sandbox, { ...CLIENT, scope: 'identity:read_identity' })).body.access_token
    const { status, body } = await call('GET', '/events', undefined, { token })
    expect(status).toBe(403)
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      detail: "insufficient scopes: found 'identity:read_identity', required one of '[events:read_event]'",
    })
  })

  it.each([
    ['GET', '/identity/identities', 'identity:read_identity'],
    ['POST', '/identity/identities', 'identity:write_identity'],
    ['GET', '/identity/identities/x/documents', 'identity:read_identity'],
    ['PUT', '/identity/identities/x/documents', 'identity:write_identity'],
    ['PUT', '/identity/identities/x/sandbox-status', 'identity:write_identity'],
    ['GET', '/identity/accounts', 'identity:read_account'],
    ['POST', '/identity/accounts', 'identity:write_account'],
    ['GET', '/profiles', 'funding:read_profile'],
    ['GET', '/events/x', 'events:read_event'],
  ])('%s %s needs the scope %s', async (method, path, scope) => {
    const { sandbox, call } = await startSandbox()
    const others = DOCUMENTED_SCOPES.filter((other) => other !== scope).join(' ')
    const [without, only] = await Promise.all([tokenFrom(sandbox, { ...CLIENT, scope: others }), tokenFrom(sandbox, { ...CLIENT, scope })])
    const body = method === 'GET' ? undefined : {}
    const refused = await call(method, path, body, { token: without.body.access_token })
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining(`required one of '[${scope}]'`)])
    expect((await call(method, path, body, { token: only.body.access_token })).status).not.toBe(403)
  })

  it('is answered 404 for an unknown path and 405 for a wrong method, both as problem documents', async () => {
    const { sandbox, call } = await startSandbox()
    const unknown = await call('GET', '/teapots')
    expect([unknown.status, unknown.body]).toEqual([404, { type: 'about:blank', title: 'Not Found', status: 404 }])
    const method = await call('DELETE', '/identity/accounts')
    expect([method.status, method.body.title]).toEqual([405, 'Method Not Allowed'])
    expect(method.headers['content-type']).toContain('application/problem+json')
    expect((await request(`${sandbox.url}/health/ready`)).statusCode).toBe(200)
  })

  it('is answered 400 when its body is not JSON', async () => {
    const { sandbox } = await startSandbox()
    const answer = await request(`${sandbox.apiUrl}/identity/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"account":',
    })
    expect([answer.statusCode, await answer.body.json()]).toEqual([400, expect.objectContaining({ title: 'Bad Request', status: 400 })])
  })
})
