import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { startSandbox, tokenFrom } from '../start-sandbox.ts'

const ACCOUNT = 'POST /identity/accounts'

async function approvedIdentity(running: Awaited<ReturnType<typeof startSandbox>>): Promise<string> {
  await running.sandbox.populate({ count: 1, refIdPrefix: 'f', decision: 'approve', deliver: false })
  return running.sandbox.identities.all[0]?.id ?? ''
}

describe('a fault that answers', () => {
  it.each([429, 500, 502, 503, 504])('answers %i to the next 2 calls of one route without acting, and then stops', async (status) => {
    const running = await startSandbox()
    const identity_id = await approvedIdentity(running)
    const open = (): ReturnType<typeof running.call> =>
      running.call('POST', '/identity/accounts', { account: { identity_id, ref_id: 'a' } })
    await running.control('POST', '/faults', { on: ACCOUNT, do: 'answer', status, next: 2 })
    expect((await running.call('GET', '/identity/accounts')).status).toBe(200)
    for (const nth of [1, 2]) {
      const { status: answered, body } = await open()
      expect([nth, answered, body.status]).toEqual([nth, status, status])
    }
    expect(running.sandbox.accounts.all).toEqual([])
    expect((await open()).status).toBe(200)
    expect((await running.control('GET', '/faults')).body).toEqual({ faults: [] })
  })

  it('carries a detail and a Retry-After on every route for forMs', async () => {
    const { call, control } = await startSandbox()
    const detail = 'user account is disabled'
    await control('POST', '/faults', { on: '*', do: 'answer', status: 403, detail, retryAfterSeconds: 7, forMs: 80 })
    const armedAtMs = performance.now()
    const { status, body, headers } = await call('GET', '/events')
    expect([status, body.detail, headers['retry-after']]).toEqual([403, detail, '7'])
    await eventually(() => performance.now() - armedAtMs).toBeGreaterThan(85)
    expect((await call('GET', '/events')).status).toBe(200)
  })

  it('also hits the token endpoint', async () => {
    const { sandbox } = await startSandbox()
    sandbox.faults.arm({ on: 'POST /oauth2/token', do: 'answer', status: 503, next: 1 })
    expect((await tokenFrom(sandbox, { client_id: 'sandbox', client_secret: 'sandbox' })).status).toBe(503)
  })

  it('hits some calls and spares others by ratio, until it is disarmed', async () => {
    const { call, control } = await startSandbox()
    const { id } = (await control('POST', '/faults', { on: 'GET /events', do: 'answer', status: 500, ratio: 0.5 })).body
    const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await call('GET', '/events')).status))
    expect(new Set(statuses)).toEqual(new Set([200, 500]))
    await control('DELETE', `/faults/${id}`)
    const after = await Promise.all(Array.from({ length: 20 }, async () => (await call('GET', '/events')).status))
    expect(new Set(after)).toEqual(new Set([200]))
  })
})

describe('a fault that leaves the outcome unknown', () => {
  it.each([
    ['act-then-drop', 'acted-then-dropped', null],
    ['act-then-silence', 'acted-then-silent', null],
    ['act-then-answer', 'acted-then-answered', 502],
  ])('%s: creates the account and hides that from the caller', async (fault, outcome, status) => {
    const running = await startSandbox()
    const identity_id = await approvedIdentity(running)
    const open = (): ReturnType<typeof running.call> =>
      running.call('POST', '/identity/accounts', { create_profile: true, account: { identity_id, ref_id: 'a' } }, { timeoutMs: 250 })
    await running.control('POST', '/faults', { on: ACCOUNT, do: fault, next: 1 })
    if (status === null) await expect(open()).rejects.toThrow()
    else expect((await open()).status).toBe(status)
    const [account] = running.sandbox.accounts.all
    expect(account).toMatchObject({ identityId: identity_id, refId: 'a' })
    const call = running.sandbox.story.of('call').at(-1)
    expect(call).toMatchObject({ operation: ACCOUNT, status, outcome, refId: 'a', identityId: identity_id, accountId: account?.id })
    expect((await open()).body.meta).toEqual({ existing: { id: account?.id } })
  })

  it('creates the identity, so that the next try is answered 409', async () => {
    const { sandbox, call, control } = await startSandbox()
    await control('POST', '/faults', { on: 'POST /identity/identities', do: 'act-then-answer', status: 504, next: 1 })
    const request = person({ refId: 'lost' })
    expect((await call('POST', '/identity/identities', request)).status).toBe(504)
    const { status, body } = await call('POST', '/identity/identities', request)
    expect([status, body.meta.existing.id]).toEqual([409, sandbox.identities.byRefId('lost')?.id])
  })

  it.each(['drop', 'silence'])('%s: does nothing', async (fault) => {
    const running = await startSandbox()
    const identity_id = await approvedIdentity(running)
    await running.control('POST', '/faults', { on: ACCOUNT, do: fault, next: 1 })
    await expect(running.call('POST', '/identity/accounts', { account: { identity_id } }, { timeoutMs: 250 })).rejects.toThrow()
    expect(running.sandbox.accounts.all).toEqual([])
  })

  it('lets the simulator close during a silence', async () => {
    const { sandbox, control } = await startSandbox()
    await control('POST', '/faults', { on: 'GET /events', do: 'silence' })
    const { hostname, port } = new URL(sandbox.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /v2/events HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`)
    await eventually(() => sandbox.story.of('call').length).toBe(1)
    await Promise.all([once(socket, 'close'), sandbox.close()])
  })
})

describe('a latency fault', () => {
  it('waits before the call acts, alone and together with another fault', async () => {
    const { call, control } = await startSandbox()
    await control('POST', '/faults', { on: 'GET /events', do: 'latency', ms: 80, next: 2 })
    await control('POST', '/faults', { on: 'GET /events', do: 'answer', status: 500, next: 1 })
    await call('GET', '/profiles')
    for (const status of [500, 200]) {
      const startedAtMs = performance.now()
      expect((await call('GET', '/events')).status).toBe(status)
      expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(79)
    }
  })
})

describe('the documented rate limits', () => {
  it('are off by default', async () => {
    const { call } = await startSandbox()
    const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await call('GET', '/identity/identities')).status))
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('answer 429 above the average, and lock the IP out of everything', async () => {
    // 0.01 per second are 3 calls in five minutes.
    const { call, sandbox } = await startSandbox({ enforceLimits: true, limitsPerSecond: { token: 1, identity: 0.01, general: 50 } })
    const list = async (): Promise<number> => (await call('GET', '/identity/identities')).status
    expect([await list(), await list(), await list()]).toEqual([200, 200, 200])
    expect((await call('GET', '/events')).status).toBe(200)
    const refused = await call('GET', '/identity/identities')
    expect([refused.status, refused.body.title, refused.body.detail]).toEqual([429, 'Too Many Requests', 'Too many requests'])
    expect(refused.headers).not.toHaveProperty('retry-after')
    expect((await call('GET', '/events')).status).toBe(429)
    expect((await tokenFrom(sandbox, {})).status).toBe(429)
  })
})
