import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_KEY, delivery, SECOND_API_KEY, send, startReceiver, type TestReceiver } from './start-receiver.ts'

const CLIENT = { id: 'gateway', secret: 'an-invented-client-secret' }
const SECRET = `whsec_${randomBytes(24).toString('base64')}`

let receiver: TestReceiver
beforeAll(async () => {
  const authenticators = { enabled: ['api-key', 'oauth', 'signature'] as const, oauthClients: [CLIENT], signingSecrets: [SECRET] }
  receiver = await startReceiver({ authenticators })
})
afterAll(() => receiver.close())

const senders = async (): Promise<Record<string, number>> => {
  const { values } = await receiver.metrics.getSingleMetric('gatehouse_webhook_last_seen_timestamp_seconds')!.get()
  return Object.fromEntries(values.map(({ labels, value }) => [`${labels.authenticator} ${labels.key}`, value]))
}

describe('the time at which each key was last seen', () => {
  it("is stored by the position of the key or the client's id, never by the key", async () => {
    expect(await senders()).toEqual({})
    const now = Date.now() / 1_000
    await receiver.post(delivery())
    expect(Object.keys(await senders())).toEqual(['api-key 1'])
    receiver.tick(60_000)
    await receiver.post(delivery(), { 'x-api-key': SECOND_API_KEY })
    const token = await fetch(`${receiver.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token: bearer } = (await token.json()) as { access_token: string }
    expect((await receiver.post(delivery(), { authorization: `Bearer ${bearer}` })).status).toBe(200)
    const body = JSON.stringify(delivery())
    const at = new Date(Date.now() + 60_000)
    await send(`${receiver.url}/webhooks/paxos`, body, {
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(SECRET).sign('msg_1', at, body),
    })
    const seen = await senders()
    expect(Object.keys(seen).toSorted()).toEqual(['api-key 1', 'api-key 2', 'oauth gateway', 'signature 1'])
    expect(seen['api-key 1']).toBeLessThan(now + 50)
    expect(seen['api-key 2']).toBeGreaterThan(now + 59)
    const text = await receiver.metrics.metrics()
    for (const secret of [API_KEY, SECOND_API_KEY, CLIENT.secret, SECRET, bearer]) expect(text).not.toContain(secret)
  })

  it('does not change for a sender that fails to authenticate', async () => {
    const before = await senders()
    receiver.tick(600_000)
    expect((await receiver.post(delivery(), { 'x-api-key': 'not-a-key-of-this-receiver' })).status).toBe(401)
    const forged = {
      'webhook-id': 'msg_2',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000) + 660),
      'webhook-signature': 'v1,forged',
    }
    expect((await receiver.post(delivery(), forged)).status).toBe(401)
    expect(await senders()).toEqual(before)
  })
})
