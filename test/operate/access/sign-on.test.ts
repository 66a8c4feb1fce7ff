import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignOnSettings } from '../../../src/operators/single-sign-on.ts'
import { createSignOn } from '../../../src/operators/single-sign-on.ts'
import { EVERY_NETWORK } from '../../../src/platform/address-policy.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'
import { CLIENT, type OidcProvider, startOidcProvider } from './start-oidc-provider.ts'

let provider: OidcProvider
let operator: Operator
let settings: SignOnSettings
beforeAll(async () => {
  provider = await startOidcProvider()
  settings = {
    ...{ issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUrl: CLIENT.redirectUrl },
    ...{ scopes: 'openid profile', roleClaim: 'groups', nameClaim: 'preferred_username', policy: EVERY_NETWORK },
    roles: { support: 'viewer', ops: 'operator', leads: 'admin' },
  }
  operator = await startOperator({ signOn: settings })
})
afterAll(async () => {
  await operator.close()
  await provider.close()
})

const HTML = { accept: 'text/html' }
const cookieOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
const open = (path: string, cookie = ''): Promise<Response> =>
  fetch(`${operator.url}${path}`, { redirect: 'manual', headers: { ...HTML, cookie } })
const audit = async (action: string) =>
  (await operator.call('GET', `/v1/audit?limit=200&action=${action}`, { headers: bearer() })).body.items

/** From our page to the provider and back. */
async function signOn(person: string, next = '/'): Promise<Response> {
  const begun = await open(`/login/oidc?next=${encodeURIComponent(next)}`)
  const query = await provider.login(begun.headers.get('location') ?? '', person)
  return open(`/login/oidc/callback${query}`, cookieOf(begun))
}

async function roleAfter(person: string): Promise<string | undefined> {
  const signedOn = await signOn(person)
  expect(signedOn.status).toBe(200)
  const home = await (await open('/queue', cookieOf(signedOn))).text()
  return /title="your role">[^<]*<small>(\w+)</.exec(home)?.[1]
}

describe('a login by single sign-on', () => {
  it('asks the provider with state, nonce and PKCE, and keeps them sealed in a cookie that only the callback gets', async () => {
    const begun = await open('/login/oidc')
    expect(begun.status).toBe(303)
    const asked = new URL(begun.headers.get('location') ?? '').searchParams
    expect(Object.fromEntries(asked)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', scope: 'openid profile' })
    const [cookie = ''] = begun.headers.getSetCookie()
    expect(cookie).toMatch(/HttpOnly.*SameSite=Lax|SameSite=Lax.*HttpOnly/)
    expect(cookie).toContain('Path=/login/oidc')
    for (const name of ['state', 'nonce'])
      expect(Buffer.from(cookie.split(/[=;]/)[1] ?? '', 'base64url').toString()).not.toContain(asked.get(name))
  })

  it('adds the operator with the largest role of its groups, opens a session and leads on to the page that was asked for', async () => {
    provider.people.ada = { sub: 'ada', preferred_username: 'Ada Moreno', groups: ['support', 'ops', 'other'] }
    const signedOn = await signOn('ada', '/queue')
    expect(await signedOn.text()).toContain('content="0;url=/queue"')
    const page = await open('/queue', cookieOf(signedOn))
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Ada Moreno <small>operator</small>')])
    const { body } = await operator.call('GET', '/v1/operators', { headers: bearer() })
    expect(body.items).toContainEqual(expect.objectContaining({ name: 'Ada Moreno', role: 'operator', source: 'oidc', kind: 'person' }))
    expect(await audit('operator.add')).toContainEqual(expect.objectContaining({ actorKind: 'machine', target: 'Ada Moreno' }))
    expect(await audit('session.open')).toContainEqual(expect.objectContaining({ operator: 'Ada Moreno', data: { source: 'oidc' } }))
  })

  it('reads the role at each login, and a smaller one ends the sessions from before', async () => {
    provider.people.vera = { sub: 'vera', preferred_username: 'Vera', groups: 'leads' }
    const before = cookieOf(await signOn('vera'))
    expect((await open('/operators', before)).status).toBe(200)
    provider.people.vera.groups = ['support']
    expect(await roleAfter('vera')).toBe('viewer')
    expect((await open('/', before)).status).toBe(303)
    provider.people.vera.groups = ['leads']
    expect(await roleAfter('vera')).toBe('admin')
  })

  it.each([
    ['none of the groups', { groups: ['other'] }, 'no role here'],
    ['no groups', {}, 'no role here'],
    ['a group that is named like a property of every object', { groups: ['constructor', '__proto__'] }, 'no role here'],
    ['the name of another operator', { groups: ['ops'], preferred_username: 'LOCAL' }, 'belongs to another operator'],
    ['no name', { groups: ['ops'], preferred_username: undefined }, 'must hold a name'],
  ])('is refused with %s, counted and audited', async (_what, claims, said) => {
    await operator.call('POST', '/v1/operators', { headers: bearer(), body: { name: 'Local', role: 'viewer', reason: 'added here' } })
    provider.people.bad = { sub: 'bad', preferred_username: 'Bad', ...claims } as (typeof provider.people)[string]
    operator.advanceClock(60_001)
    const already = (await audit('session.refused')).length
    const refused = await signOn('bad')
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining(said)])
    expect(refused.headers.getSetCookie().join()).not.toContain('gatehouse_session')
    const audited = { target: 'oidc', actorKind: 'machine', data: { code: 'SIGN_ON_REFUSED' } }
    await expect.poll(async () => (await audit('session.refused')).length).toBeGreaterThan(already)
    expect((await audit('session.refused'))[0]).toMatchObject(audited)
  })

  it('is refused to an operator who was removed, until an admin adds the operator again', async () => {
    provider.people.rob = { sub: 'rob', preferred_username: 'Rob', groups: ['ops'] }
    const before = cookieOf(await signOn('rob'))
    await operator.call('POST', '/v1/operators/Rob/remove', { headers: bearer(), body: { reason: 'has left' } })
    expect((await open('/', before)).status).toBe(303)
    expect((await signOn('rob')).status).toBe(403)
    await operator.call('POST', '/v1/operators', { headers: bearer(), body: { name: 'Rob', role: 'operator', reason: 'is back' } })
    expect((await signOn('rob')).status).toBe(200)
    const locally = await operator.call('POST', '/v1/operators/Rob/role', { headers: bearer(), body: { role: 'admin', reason: 'trying' } })
    expect([locally.status, locally.body.code]).toEqual([409, 'OPERATOR_STATE'])
  })

  it('is refused without the cookie of its beginning, with that of another login, and a second time', async () => {
    provider.people.eve = { sub: 'eve', preferred_username: 'Eve', groups: ['leads'] }
    const [mine, other] = [await open('/login/oidc'), await open('/login/oidc')]
    const query = await provider.login(mine.headers.get('location') ?? '', 'eve')
    for (const cookie of ['', cookieOf(other), 'gatehouse_sign_on=forged', `gatehouse_sign_on=${'A'.repeat(200)}`])
      expect((await open(`/login/oidc/callback${query}`, cookie)).status).toBe(403)
    expect((await open(`/login/oidc/callback${query}`, cookieOf(mine))).status).toBe(200)
    expect((await open(`/login/oidc/callback${query}`, cookieOf(mine))).status).toBe(403)
  })

  it('is refused more than 10 min after its beginning, and when the person cancels at the provider', async () => {
    const late = await open('/login/oidc')
    const query = await provider.login(late.headers.get('location') ?? '', 'eve')
    operator.advanceClock(600_001)
    expect(await (await open(`/login/oidc/callback${query}`, cookieOf(late))).text()).toContain('more than 10 min ago')
    const begun = await open('/login/oidc')
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const cancelled = await open(`/login/oidc/callback?error=access_denied&state=${state}&iss=${provider.issuer}`, cookieOf(begun))
    expect([cancelled.status, await cancelled.text()]).toEqual([403, expect.stringContaining('access_denied')])
  })

  it('never leads to another site', async () => {
    expect(await (await signOn('eve', 'https://evil.example/')).text()).toContain('content="0;url=/"')
    expect(await (await signOn('eve', '//evil.example/')).text()).toContain('content="0;url=/"')
  })

  it('is counted by its result', async () => {
    const counted = await operator.metrics.getSingleMetricAsString('gatehouse_operator_logins_total')
    expect(counted).toMatch(/method="oidc",result="opened"\} \d/)
    expect(counted).toMatch(/method="oidc",result="refused"\} \d/)
  })
})

describe('the client of single sign-on', () => {
  it.each([
    ['another state', { state: 'other' }],
    ['another nonce', { nonce: 'other' }],
    ['another PKCE verifier', { verifier: 'v'.repeat(43) }],
  ])('refuses an answer for %s, with no value of the answer in the error', async (_what, changed) => {
    const client = createSignOn(settings, Date.now)
    const { url, flow } = await client.begin()
    const query = await provider.login(url, 'eve')
    const refused = client.finish(query, { ...flow, ...changed })
    await expect(refused).rejects.toMatchObject({ code: 'SIGN_ON_FAILED', message: expect.not.stringContaining('Eve') })
  })

  it('refuses a provider at an address that is not allowed, and one that does not answer', async () => {
    for (const changed of [{ policy: { networks: ['public' as const], ranges: [] } }, { issuer: 'http://127.0.0.1:9' }])
      await expect(createSignOn({ ...settings, ...changed }, Date.now).begin()).rejects.toMatchObject({ code: 'SIGN_ON_FAILED' })
  })
})

it('the login page offers single sign-on only where it is on', async () => {
  expect(await (await open('/login?next=/queue')).text()).toContain('href="/login/oidc?next=%2Fqueue"')
})
