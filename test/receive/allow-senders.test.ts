import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { API_KEY, startReceiver, type TestReceiver, type TestReceiverOptions } from './start-receiver.ts'

async function receiver(options: TestReceiverOptions): Promise<TestReceiver> {
  const started = await startReceiver(options)
  onTestFinished(() => started.close())
  return started
}

const delivery = () => ({
  id: randomUUID(),
  type: 'identity.approved',
  source: 'com.paxos',
  time: new Date().toISOString(),
  object: 'event',
  is_test: false,
})
const from = (address: string): Record<string, string> => ({ 'x-api-key': API_KEY, 'x-forwarded-for': address })

describe('the allowed senders of webhooks', () => {
  it('are all, unless WEBHOOK_ALLOWED_ADDRESSES lists addresses', async () => {
    const { post } = await receiver({})
    expect((await post(delivery())).status).toBe(200)
  })

  it('are those of the list: others get 403 even with a valid key, nothing is stored, and a sample is counted', async () => {
    const { post, storedRows, counted } = await receiver({ allowedAddresses: ['203.0.113.0/24'] })
    expect(await post(delivery())).toMatchObject({ status: 403, body: { code: 'SENDER_ADDRESS_REFUSED' } })
    expect(await storedRows()).toEqual([])
    expect(await counted({ status: 403, reason: 'SENDER_ADDRESS_REFUSED' })).toBe(1)
    const { post: postHere } = await receiver({ allowedAddresses: ['203.0.113.0/24', '127.0.0.1/32', '::1/128'] })
    expect((await postHere(delivery())).status).toBe(200)
  })

  it('apply to token requests too', async () => {
    const oauthClients = [{ id: 'paxos', secret: 'a-secret-of-at-least-16-characters' }]
    const { url } = await receiver({ allowedAddresses: ['203.0.113.7/32'], authenticators: { enabled: ['oauth'], oauthClients } })
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'paxos', client_secret: oauthClients[0]!.secret })
    const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body: form })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'SENDER_ADDRESS_REFUSED' })
  })

  it('are read from X-Forwarded-For only when a trusted proxy sent it', async () => {
    const allowedAddresses = ['203.0.113.7/32']
    const { post } = await receiver({ allowedAddresses, trustedProxies: ['127.0.0.1/32', '::1/128'] })
    expect((await post(delivery(), from('203.0.113.7'))).status).toBe(200)
    expect((await post(delivery(), from('198.51.100.9'))).status).toBe(403)
    expect((await post(delivery(), from('203.0.113.7, 198.51.100.9'))).status).toBe(403) // the sender's own entries do not count
    const { post: postDirectly } = await receiver({ allowedAddresses })
    expect((await postDirectly(delivery(), from('203.0.113.7'))).status).toBe(403)
  })

  it('have failures limited by the address behind the proxy, not by the proxy', async () => {
    const { post } = await receiver({ trustedProxies: ['127.0.0.1/32', '::1/128'] })
    const wrong = { 'x-api-key': 'a-key-that-nobody-was-given' }
    const guesses = await Promise.all(Array.from({ length: 120 }, () => post(delivery(), { ...from('198.51.100.9'), ...wrong })))
    expect(guesses.some(({ status }) => status === 429)).toBe(true)
    expect((await post(delivery(), { ...from('198.51.100.10'), ...wrong })).status).toBe(401)
  })
})
