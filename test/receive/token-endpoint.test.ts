import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, delivery, send, startReceiver, type TestReceiver } from './start-receiver.ts'

const CLIENT = { id: 'paxos:webhooks', secret: 'an invented + secret: ünïcode %&=' }
const BASE64_CLIENT = { id: 'base64', secret: 'Abcd+1234/efgh==ijkl' }
const NEXT_CLIENT = { id: CLIENT.id, secret: 'the-secret-after-the-exchange' }

let receiver: TestReceiver
/** Another process of the same installation. */
let second: TestReceiver

beforeAll(async () => {
  const authenticators = { enabled: ['oauth' as const], oauthClients: [CLIENT, NEXT_CLIENT, BASE64_CLIENT] }
  receiver = await startReceiver({ authenticators })
  second = await startReceiver({ authenticators: { ...authenticators, oauthClients: [CLIENT] } })
})
afterAll(() => Promise.all([receiver.close(), second.close()]))

const formEncode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2)
const basic = ({ id, secret }: { id: string; secret: string }): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${formEncode(id)}:${formEncode(secret)}`).toString('base64')}`,
})
const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()
const inForm = ({ id, secret }: { id: string; secret: string }): Record<string, string> => ({
  grant_type: 'client_credentials',
  client_id: id,
  client_secret: secret,
})

async function askToken(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send(`${receiver.url}/oauth/token`, body, { 'content-type': 'application/x-www-form-urlencoded', ...headers })
}

async function tokenFor(client: { id: string; secret: string }): Promise<string> {
  const { body } = await askToken(form(inForm(client)), basic(client))
  return (body as { access_token: string }).access_token
}

describe('when Paxos requests a token', () => {
  it('the receiver accepts the credentials in header and form together, as Paxos sends them', async () => {
    const answer = await askToken(form(inForm(CLIENT)), basic(CLIENT))
    expect(answer).toMatchObject({
      status: 200,
      body: { access_token: expect.stringMatching(/^ey/), token_type: 'Bearer', expires_in: 3_600 },
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('the receiver accepts them in one place alone, and the client id in both', async () => {
    expect((await askToken(form(inForm(CLIENT)))).status).toBe(200)
    expect((await askToken('grant_type=client_credentials', basic(CLIENT))).status).toBe(200)
    expect((await askToken(form({ grant_type: 'client_credentials', client_id: CLIENT.id }), basic(CLIENT))).status).toBe(200)
  })

  it('c18: the receiver accepts HTTP Basic without form-encoding, alone and beside the form, and refuses two that differ', async () => {
    const plain = (text: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const shown = plain(`${NEXT_CLIENT.id.replace(':', '%3A')}:${NEXT_CLIENT.secret}`)
    expect((await askToken('grant_type=client_credentials', shown)).status).toBe(200)
    const base64 = BASE64_CLIENT
    expect((await askToken('grant_type=client_credentials', plain(`${base64.id}:${base64.secret}`))).status).toBe(200)
    expect((await askToken(form(inForm(base64)), plain(`${base64.id}:${base64.secret}`))).status).toBe(200)
    expect((await askToken(form(inForm(base64)), basic(base64))).status).toBe(200)
    expect((await askToken(form(inForm(base64)), plain('base64:another-secret-0123456789'))).status).toBe(400)
    expect((await askToken('grant_type=client_credentials', plain('base64:100%-another-secret'))).status).toBe(401)
  })

  it('the receiver accepts the next secret during a rotation', async () => {
    expect((await askToken(form(inForm(NEXT_CLIENT)), basic(NEXT_CLIENT))).status).toBe(200)
  })

  it.each([
    ['id', { ...CLIENT, id: 'another' }],
    ['secret', { ...CLIENT, secret: 'another' }],
    ['secret, though both are live', NEXT_CLIENT],
  ])('the receiver refuses a header and a form that disagree about the %s', async (_what, other) => {
    for (const answer of [await askToken(form(inForm(other)), basic(CLIENT)), await askToken(form(inForm(CLIENT)), basic(other))]) {
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: expect.stringContaining('must agree') },
      })
    }
  })

  it.each([
    ['a wrong secret', form(inForm({ ...CLIENT, secret: 'wrong' })), {}],
    ['an unknown client', form(inForm({ ...CLIENT, id: 'wrong' })), {}],
    ['the colon moved from the id into the secret', form(inForm({ id: 'paxos', secret: `webhooks:${CLIENT.secret}` })), {}],
    ['no credentials', 'grant_type=client_credentials', {}],
    ['an id alone', form({ grant_type: 'client_credentials', client_id: CLIENT.id }), {}],
    ['an unknown scheme', 'grant_type=client_credentials', { authorization: 'Digest abc' }],
  ])('the receiver refuses %s with invalid_client', async (_what, body, headers) => {
    const answer = await askToken(body, headers as Record<string, string>)
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="gatehouse"')
  })

  it.each([
    ['another grant type', form({ ...inForm(CLIENT), grant_type: 'password' }), {}, 400, 'unsupported_grant_type'],
    ['no grant type', form({ client_id: CLIENT.id, client_secret: CLIENT.secret }), {}, 400, 'invalid_request'],
    ['a parameter sent twice', `${form(inForm(CLIENT))}&client_id=other`, {}, 400, 'invalid_request'],
    ['Basic credentials that are not encoded', form(inForm(CLIENT)), { authorization: `Basic ${btoa('a:100%')}` }, 400, 'invalid_request'],
    ['Basic credentials without a colon', form(inForm(CLIENT)), { authorization: `Basic ${btoa('a')}` }, 400, 'invalid_request'],
    ['a body that is too large', form({ ...inForm(CLIENT), padding: 'x'.repeat(5_000) }), {}, 413, 'invalid_request'],
    ['JSON', JSON.stringify(inForm(CLIENT)), { 'content-type': 'application/json' }, 415, 'invalid_request'],
  ])('the receiver refuses %s with an error of RFC 6749', async (_what, body, headers, status, error) => {
    expect(await askToken(body, headers as Record<string, string>)).toMatchObject({ status, body: { error } })
  })

  it('the log holds no secret', async () => {
    await askToken(form(inForm({ ...CLIENT, secret: 'mistyped-secret' })), basic({ ...CLIENT, secret: 'mistyped-secret' }))
    expect(receiver.logged()).not.toContain('mistyped-secret')
  })
})

describe('when a webhook has a bearer token', () => {
  it('it is accepted, also by another receiver that knows the client', async () => {
    const authorization = `Bearer ${await tokenFor(CLIENT)}`
    expect((await receiver.post(delivery(), { authorization })).status).toBe(200)
    expect((await second.post(delivery(), { authorization: authorization.replace('Bearer', 'bearer') })).status).toBe(200)
  })

  it('it is refused once the token has expired', async () => {
    const authorization = `Bearer ${await tokenFor(CLIENT)}`
    receiver.tick(3_590_000)
    expect((await receiver.post(delivery(), { authorization })).status).toBe(200)
    receiver.tick(20_000)
    expect((await receiver.post(delivery(), { authorization })).status).toBe(401)
    receiver.tick(-3_610_000)
  })

  it('it is refused when the secret behind the token was withdrawn', async () => {
    const authorization = `Bearer ${await tokenFor(NEXT_CLIENT)}`
    expect((await receiver.post(delivery(), { authorization })).status).toBe(200)
    expect((await second.post(delivery(), { authorization })).status).toBe(401)
  })

  it('it is refused with a token that was changed, is unsigned, or is the secret itself', async () => {
    const [head, claims, signature] = (await tokenFor(CLIENT)).split('.') as [string, string, string]
    const forever = Buffer.from(
      Buffer.from(claims, 'base64url')
        .toString()
        .replace(/"exp":\d+/, '"exp":9999999999'),
    ).toString('base64url')
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
    const tokens = [`${head}.${forever}.${signature}`, `${unsigned}.${claims}.`, `${head}.${claims}.`, CLIENT.secret, '', 'x.y.z']
    for (const token of tokens) {
      const answer = await receiver.post(delivery(), { authorization: `Bearer ${encodeURIComponent(token)}` })
      expect(answer).toMatchObject({ status: 401, body: { detail: expect.stringContaining('a bearer token from POST /oauth/token') } })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  })
})

describe('when one address fails again and again', () => {
  it('it must wait, and the client at the same address still gets its token', async () => {
    const answers: Answer[] = []
    for (let i = 0; i < 101; i += 1) answers.push(await askToken(form(inForm({ ...CLIENT, secret: 'a guess' }))))
    const last = answers.at(-1)!
    expect(last.status).toBe(429)
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await askToken(form(inForm(CLIENT)), basic(CLIENT))).status).toBe(200)
  })
})

describe('when OAuth is off', () => {
  it('there is no token endpoint', async () => {
    const plain = await startReceiver()
    try {
      expect(
        await send(`${plain.url}/oauth/token`, form(inForm(CLIENT)), { 'content-type': 'application/x-www-form-urlencoded' }),
      ).toMatchObject({
        status: 404,
      })
    } finally {
      await plain.close()
    }
  })
})
