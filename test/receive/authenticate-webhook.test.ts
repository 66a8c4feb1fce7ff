import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAccessTokens } from '../../src/receive/access-tokens.ts'
import { type AuthenticatorOptions, createWebhookAuthenticator, type WebhookAuthenticator } from '../../src/receive/authenticate-webhook.ts'
import { API_KEY, delivery, startReceiver, type TestReceiver } from './start-receiver.ts'

const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`
const OLD_SECRET = newSecret()
const NEW_SECRET = newSecret()

let receiver: TestReceiver

/** Headers as a signing gateway sends them, signed by the standardwebhooks package. */
function signed(body: string, secret: string, at: Date = new Date()): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  }
}

describe('when only signatures are accepted', () => {
  beforeAll(async () => {
    receiver = await startReceiver({ authenticators: { enabled: ['signature'], signingSecrets: [OLD_SECRET, NEW_SECRET] } })
  })
  beforeEach(() => receiver.pool.query('TRUNCATE inbox_event'))
  afterAll(() => receiver.close())

  it.each([
    ['old', OLD_SECRET],
    ['new', NEW_SECRET],
  ])('a message signed with the %s secret is accepted during a rotation', async (_which, secret) => {
    const body = JSON.stringify(delivery({ note: 'ünïcode' }))
    expect(await receiver.post(body, signed(body, secret))).toMatchObject({ status: 200, body: { status: 'accepted' } })
  })

  it('a message signed with a retired and a live secret is accepted, as senders do during a rotation', async () => {
    const body = JSON.stringify(delivery())
    const live = signed(body, NEW_SECRET)
    const both = `v1a,abc ${signed(body, newSecret())['webhook-signature']} ${live['webhook-signature']}`
    expect(await receiver.post(body, { ...live, 'webhook-signature': both })).toMatchObject({ status: 200 })
  })

  it.each([
    ['a byte of the body', (body: string) => ({ body: body.replace('approved', 'approveD'), headers: signed(body, OLD_SECRET) })],
    ['the id', (body: string) => ({ body, headers: { ...signed(body, OLD_SECRET), 'webhook-id': 'msg_2' } })],
    [
      'the timestamp',
      (body: string) => ({
        body,
        headers: { ...signed(body, OLD_SECRET), 'webhook-timestamp': String(Math.floor(Date.now() / 1_000) + 1) },
      }),
    ],
    ['the secret', (body: string) => ({ body, headers: signed(body, newSecret()) })],
    [
      'the scheme',
      (body: string) => {
        const headers = signed(body, OLD_SECRET)
        return { body, headers: { ...headers, 'webhook-signature': headers['webhook-signature']!.replace('v1,', 'v2,') } }
      },
    ],
    ['the signature to nothing', (body: string) => ({ body, headers: { ...signed(body, OLD_SECRET), 'webhook-signature': 'v1,' } })],
    ['the signature to an empty one', () => ({ body: '{}', headers: {} })],
    ['the signature to an API key, which is off here', () => ({ body: JSON.stringify(delivery()), headers: { 'x-api-key': API_KEY } })],
  ])('a change of %s is refused without saying what was wrong', async (_what, change) => {
    const { body, headers } = change(JSON.stringify(delivery()))
    expect(await receiver.post(body, headers)).toMatchObject({
      status: 401,
      body: {
        code: 'WEBHOOK_UNAUTHENTICATED',
        detail:
          'The request does not prove its sender. This receiver accepts a Standard Webhooks signature (webhook-id, webhook-timestamp, webhook-signature).',
      },
    })
    expect(await receiver.storedRows()).toEqual([])
  })

  it('a signature is refused five minutes before and after its time, so that a recorded one cannot be sent again', async () => {
    const body = JSON.stringify(delivery())
    const minutesAgo = (minutes: number): Record<string, string> => signed(body, OLD_SECRET, new Date(Date.now() - minutes * 60_000))
    expect((await receiver.post(body, minutesAgo(6))).status).toBe(401)
    expect((await receiver.post(body, minutesAgo(-6))).status).toBe(401)
    expect((await receiver.post(body, minutesAgo(4))).status).toBe(200)
    expect((await receiver.post(body, minutesAgo(-4))).status).toBe(200)
    receiver.tick(2 * 60_000)
    expect((await receiver.post(body, minutesAgo(4))).status).toBe(401)
    receiver.tick(-2 * 60_000)
  })

  it('the signature is checked before the body is parsed', async () => {
    expect(await receiver.post('not json', signed('other', OLD_SECRET))).toMatchObject({ status: 401 })
    expect(await receiver.post('not json', signed('not json', OLD_SECRET))).toMatchObject({ status: 400 })
  })
})

describe('when several authenticators are on', () => {
  beforeAll(async () => {
    receiver = await startReceiver({
      authenticators: {
        enabled: ['api-key', 'oauth', 'signature'],
        apiKeyHeader: 'x-brokerage-key',
        oauthClients: [{ id: 'paxos', secret: 'an-invented-client-secret' }],
        signingSecrets: [OLD_SECRET],
      },
    })
  })
  afterAll(() => receiver.close())

  it('each of them is accepted by its configured header', async () => {
    const body = JSON.stringify(delivery())
    expect((await receiver.post(body, { 'x-brokerage-key': API_KEY })).status).toBe(200)
    expect((await receiver.post(body, signed(body, OLD_SECRET))).status).toBe(200)
    expect(
      (await receiver.post(body, { ...signed(body, OLD_SECRET), 'x-brokerage-key': 'wrong', authorization: 'Bearer wrong' })).status,
    ).toBe(200)
    expect((await receiver.post(body, { 'x-api-key': API_KEY })).status).toBe(401)
  })

  it('the refusal names each of them', async () => {
    const { body } = await receiver.post(delivery(), {})
    expect((body as { detail: string }).detail).toMatch(
      /API key in the header x-brokerage-key, or a bearer token.*, or a Standard Webhooks signature/,
    )
  })
})

describe('before the receiver reads the body', () => {
  const clock = (): number => 1_700_000_000_000
  const client = { id: 'paxos', secret: 'an-invented-client-secret' }
  const tokens = createAccessTokens([client], clock)
  const authenticator = (enabled: AuthenticatorOptions['enabled']): WebhookAuthenticator =>
    createWebhookAuthenticator(
      { enabled, apiKeyHeader: 'x-api-key', apiKeys: [API_KEY], oauthClients: [client], signingSecrets: [OLD_SECRET] },
      { tokens, now: clock },
    )

  it('only a required and present signature lets it read the body', () => {
    expect(authenticator(['signature']).byHeaders({ 'webhook-signature': 'v1,' })).toBe('ask-body')
    expect(authenticator(['signature']).byHeaders({})).toBe('refused')
    expect(authenticator(['api-key']).byHeaders({ 'webhook-signature': 'v1,' })).toBe('refused')
    expect(authenticator(['api-key', 'oauth']).byHeaders({})).toBe('refused')
  })

  it('a bearer token is accepted exactly as it was issued, alone in its header', async () => {
    const token = await tokens.mint(client)
    const { byHeaders } = authenticator(['oauth'])
    for (const authorization of [`Bearer ${token}`, `bearer   ${token}`]) expect(await byHeaders({ authorization })).toBe('authenticated')
    for (const authorization of [token, `NotBearer ${token}`, `Bearer ${token} and more`, 'Bearer '])
      expect(await byHeaders({ authorization })).toBe('refused')
  })
})

describe('when one address fails again and again', () => {
  beforeAll(async () => {
    receiver = await startReceiver()
  })
  afterAll(() => receiver.close())

  it('it must wait, and a sender with a key at the same address is never delayed', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 105; i += 1) statuses.push((await receiver.post(delivery(), { 'x-api-key': 'a guess' })).status)
    expect(statuses.slice(0, 100)).toEqual(Array(100).fill(401))
    expect(statuses.slice(100)).toEqual(Array(5).fill(429))
    const refusal = await receiver.post(delivery(), {})
    expect(refusal).toMatchObject({ status: 429, body: { code: 'TOO_MANY_FAILURES' } })
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0)
    const answers = await Promise.all(Array.from({ length: 150 }, () => receiver.post(delivery())))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(await receiver.counted({ status: 429, reason: 'TOO_MANY_FAILURES' })).toBe(6)
  })
})
