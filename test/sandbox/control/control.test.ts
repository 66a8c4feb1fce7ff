import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES } from '../../../src/sandbox/api/operations.ts'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { startSandbox } from '../start-sandbox.ts'
import { startWebhookReceiver } from '../webhook-receiver.ts'

describe('GET /_sandbox', () => {
  it('describes every route, and every described route exists', async () => {
    const { sandbox, control } = await startSandbox()
    const routes = (await control('GET', '')).body.routes as { route: string; does: string }[]
    expect(routes.length).toBeGreaterThan(15)
    for (const { route, does } of routes) {
      const [method = '', path = ''] = route.split(' ')
      expect(does).not.toBe('')
      const answer = await request(`${sandbox.url}${path.replace('{id}', 'none')}`, { method: method as 'GET' })
      expect([route, (await answer.body.text()).includes('ROUTE_UNKNOWN')]).toEqual([route, false])
    }
  })
})

describe('an unknown knob or value', () => {
  it.each<[string, string, unknown, string]>([
    ['PATCH', '/settings', { decisionDelay: 5 }, 'decisionDelay'],
    ['PATCH', '/settings', { decisionDelayMs: -5 }, 'decisionDelayMs'],
    ['PATCH', '/settings', { accountConflict: 'shrug' }, 'accountConflict'],
    ['PATCH', '/settings', { defaultDecision: 'maybe' }, 'defaultDecision'],
    ['PATCH', '/settings', { defaultDecision: { approve: 0 } }, 'defaultDecision'],
    ['POST', '/faults', { on: 'POST /identity/acounts', do: 'drop' }, 'on'],
    ['POST', '/faults', { on: '*', do: 'explode' }, 'do'],
    ['POST', '/faults', { on: '*', do: 'answer' }, 'status'],
    ['POST', '/faults', { on: '*', do: 'drop', times: 3 }, 'times'],
    ['POST', '/faults', { on: '*', do: 'drop', ratio: 2 }, 'ratio'],
    ['POST', '/faults', { on: 'delivery', do: 'drop' }, 'on'],
    ['POST', '/identities/bulk', { count: 0 }, 'count'],
    ['POST', '/events', { type: 'Identity Approved' }, 'type'],
    ['PUT', '/webhook', { url: 'ftp://somewhere', auth: { kind: 'api-key', header: 'x', key: 'k' } }, 'url'],
    ['PUT', '/webhook', { url: 'http://127.0.0.1/', auth: { kind: 'magic' } }, 'auth'],
    ['POST', '/webhook/resume', { backlog: 'forget' }, 'backlog'],
    ['GET', '/log?kind=gossip', undefined, 'kind'],
  ])('is answered 400 with its name: %s %s %j', async (method, path, body, field) => {
    const { control } = await startSandbox()
    const { status, body: answer } = await control(method, path, body)
    expect([status, answer.code]).toEqual([400, 'CONTROL_INVALID'])
    expect(answer.detail).toContain(field)
  })

  it('is refused at the start as well', async () => {
    await expect(startSandbox({ timeScale: 0 })).rejects.toThrow('timeScale')
    await expect(startSandbox({ speed: 3 } as object)).rejects.toThrow('speed')
  })

  it('is answered 404 when the identity, event or fault is unknown', async () => {
    const { control } = await startSandbox()
    expect((await control('POST', '/identities/none/decide', { verdict: 'approve' })).body.code).toBe('IDENTITY_UNKNOWN')
    expect((await control('POST', '/events/none/deliver')).body.code).toBe('EVENT_UNKNOWN')
    expect((await control('DELETE', '/faults/99')).body.code).toBe('FAULT_UNKNOWN')
  })
})

describe('PATCH /_sandbox/settings', () => {
  it('changes the settings that it names and keeps the others', async () => {
    const { sandbox, control } = await startSandbox({ decisionDelayMs: 17 })
    expect((await control('PATCH', '/settings', { strictAccounts: true })).body).toMatchObject({
      strictAccounts: true,
      decisionDelayMs: 17,
    })
    expect(sandbox.settings).toMatchObject({ strictAccounts: true, decisionDelayMs: 17, accountConflict: 'conflict' })
  })
})

describe('POST /_sandbox/events, for an event without a cause', () => {
  it('changes no identity and tells the transition that its type stands for', async () => {
    const receiver = await startWebhookReceiver()
    const { sandbox, call, control } = await startSandbox({ webhook: receiver.target, defaultDecision: 'never' })
    const { id } = (await call('POST', '/identity/identities', person())).body
    const { events } = (await control('POST', '/events', { type: 'identity.approved', identityId: id })).body
    expect(events[0]?.object).toMatchObject({ identity_id: id, old_summary_status: 'PENDING', new_summary_status: 'APPROVED' })
    expect(sandbox.identities.get(id)?.status).toBe('PENDING')
    expect((await receiver.received(1))[0]?.json.id).toBe(events[0]?.id)
    expect((await call('GET', `/events/${events[0]?.id}`)).status).toBe(200)
  })

  it('emits several different events of one transition, with any statuses', async () => {
    const { sandbox, control } = await startSandbox()
    await sandbox.populate({ count: 1, refIdPrefix: 'x', decision: 'approve', deliver: false })
    const identityId = sandbox.identities.all[0]?.id
    const { events } = (await control('POST', '/events', { type: 'identity.denied', identityId, oldStatus: 'PENDING', times: 3 })).body
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(new Set(events.map(({ object }) => `${object.old_summary_status} ${object.new_summary_status}`))).toEqual(
      new Set(['PENDING DENIED']),
    )
  })

  it('emits an unknown type with any object, and may skip its delivery', async () => {
    const receiver = await startWebhookReceiver()
    const { sandbox, call, control } = await startSandbox({ webhook: receiver.target })
    const object = { status: 'COMPLETED' }
    const { events } = (await control('POST', '/events', { type: 'identity.teleported', object, deliver: false })).body
    expect((await call('GET', `/events/${events[0]?.id}`)).body.object).toMatchObject(object)
    expect(sandbox.webhooks.pending).toMatchObject({ ready: 0, inFlight: 0 })
    await control('POST', `/events/${events[0]?.id}/deliver`, { copies: 2 })
    expect((await receiver.received(2)).map(({ json }) => json.type)).toEqual(['identity.teleported', 'identity.teleported'])
  })
})

describe('the webhook target', () => {
  it('is set and removed by control calls, whose answers show no secret', async () => {
    const receiver = await startWebhookReceiver()
    const { control } = await startSandbox()
    await control('PUT', '/webhook', receiver.target)
    await control('POST', '/webhook/test')
    await receiver.received(1)
    const state = await control('GET', '/state')
    expect(state.body.webhook).toEqual({ url: receiver.target.url, auth: 'api-key', paused: false })
    expect(JSON.stringify(state.body)).not.toContain('key-of-the-receiver')
    await control('DELETE', '/webhook')
    expect((await control('GET', '/state')).body.webhook).toBeNull()
  })
})

describe('POST /_sandbox/identities/bulk', () => {
  it('creates 20,000 approved identities with their events within 5 s', async () => {
    const { sandbox, call, control } = await startSandbox()
    const startedAtMs = performance.now()
    const { status, body } = await control('POST', '/identities/bulk', { count: 20_000 })
    expect(performance.now() - startedAtMs).toBeLessThan(5_000)
    expect([status, body.count, body.events.length]).toEqual([200, 20_000, 20_000])
    const [first] = body.events
    expect(first).toEqual({ id: expect.any(String), type: 'identity.approved', identityId: expect.any(String), time: expect.any(String) })
    expect((await call('GET', `/events/${first?.id}`)).body.object.identity_id).toBe(first?.identityId)
    expect((await call('GET', `/identity/identities/${first?.identityId}`)).body).toMatchObject({ status: 'APPROVED', ref_id: 'bulk-1' })
    expect(sandbox.identities.all).toHaveLength(20_000)
    const deep = await call('GET', `/events?created_at.gte=${(await call('GET', '/events?order=DESC&limit=1')).body.events[0]?.created_at}`)
    expect(deep.body.events).toHaveLength(1)
  })

  it('answers 409 when its ref_ids are taken', async () => {
    const { control } = await startSandbox()
    await control('POST', '/identities/bulk', { count: 2 })
    const { status, body } = await control('POST', '/identities/bulk', { count: 2 })
    expect([status, body.code]).toEqual([409, 'REF_ID_TAKEN'])
    expect((await control('POST', '/identities/bulk', { count: 2, refIdPrefix: 'more-', decision: 'deny' })).body.events[0]?.type).toBe(
      'identity.denied',
    )
  })
})

describe('the log of the simulator', () => {
  it('tells every call, creation, change, event and delivery in order, without personal data', async () => {
    const receiver = await startWebhookReceiver()
    const { sandbox, call, control } = await startSandbox({ webhook: receiver.target })
    const { id } = (await call('POST', '/identity/identities', person({ refId: 'user-9' }))).body
    await receiver.received(1)
    await call('GET', `/identity/identities/${id}?include_details=true`)
    const account = (await call('POST', '/identity/accounts', { create_profile: true, account: { identity_id: id, ref_id: 'acct-9' } }))
      .body
    await eventually(() => sandbox.story.of('delivery').length).toBe(1)
    const { entries, lastSeq, dropped } = (await control('GET', '/log')).body as unknown as {
      entries: Record<string, unknown>[]
      lastSeq: number
      dropped: number
    }
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1))
    expect([lastSeq, dropped]).toEqual([entries.length, 0])
    const [event] = sandbox.events.all
    expect(entries).toEqual(
      [
        { kind: 'call', operation: 'POST /oauth2/token', status: 200, outcome: 'answered' },
        { kind: 'identity-created', identityId: id, refId: 'user-9' },
        { kind: 'call', operation: 'POST /identity/identities', status: 200, outcome: 'answered', refId: 'user-9', identityId: id },
        { kind: 'status-changed', identityId: id, from: 'PENDING', to: 'APPROVED' },
        { kind: 'event-emitted', eventId: event?.id, type: 'identity.approved', identityId: id, isTest: false },
        { kind: 'delivery', eventId: event?.id, type: 'identity.approved', attempt: 1, copy: false, outcome: 'delivered', status: 200 },
        { kind: 'call', operation: 'GET /identity/identities/{id}', status: 200, identityId: id },
        { kind: 'account-created', accountId: account.id, identityId: id, refId: 'acct-9', profileId: account.profile_id },
        { kind: 'call', operation: 'POST /identity/accounts', status: 200, refId: 'acct-9', identityId: id, accountId: account.id },
      ].map((entry) => expect.objectContaining(entry)),
    )
    expect(JSON.stringify(entries)).not.toMatch(/Ada|Moreno|900-|ada@|Elm|1988/)
  })

  it('continues from a cursor, and filters by kind and by identity', async () => {
    const { sandbox, control } = await startSandbox()
    await sandbox.populate({ count: 3, refIdPrefix: 'l', decision: 'approve', deliver: false })
    const ofKind = (await control('GET', '/log?kind=identity-created&limit=2')).body.entries as { seq: number; refId: string }[]
    expect(ofKind.map(({ refId }) => refId)).toEqual(['l1', 'l2'])
    const rest = (await control('GET', `/log?kind=identity-created&after=${ofKind[1]?.seq}`)).body.entries as { refId: string }[]
    expect(rest.map(({ refId }) => refId)).toEqual(['l3'])
    const ofOne = (await control('GET', `/log?identityId=${sandbox.identities.all[1]?.id}`)).body.entries as { kind: string }[]
    expect(ofOne.map(({ kind }) => kind)).toEqual(['identity-created', 'status-changed', 'event-emitted'])
  })

  it('has a summary', async () => {
    const { sandbox, call, control } = await startSandbox()
    await sandbox.populate({ count: 2, refIdPrefix: 's', decision: 'approve', deliver: false })
    const [first, second] = sandbox.identities.all.map(({ id }) => id)
    for (const [identity_id, ref_id] of [
      [first, 'a'],
      [first, 'b'],
      [second, 'c'],
      [second, 'c'],
    ]) {
      await call('POST', '/identity/accounts', { account: { identity_id, ref_id } })
    }
    expect((await control('GET', '/summary')).body).toMatchObject({
      identities: { total: 2, byStatus: { APPROVED: 2 } },
      accounts: { total: 3, identitiesWithOne: 1, identitiesWithSeveral: { [first ?? '']: 2 } },
      events: { total: 2, undelivered: 0 },
      calls: { 'POST /identity/accounts answered 200': 3, 'POST /identity/accounts answered 409': 1 },
    })
  })
})

describe('POST /_sandbox/reset', () => {
  it('removes everything but tokens and the webhook, and repeats the same story afterwards', async () => {
    const receiver = await startWebhookReceiver()
    const { sandbox, call, control } = await startSandbox({ webhook: receiver.target, decisionDelayMs: 30 })
    const request = person()
    const before = (await call('POST', '/identity/identities', request)).body
    await control('PATCH', '/settings', { strictAccounts: true })
    await control('POST', '/faults', { on: 'GET /profiles', do: 'drop' })
    expect((await control('POST', '/reset', {})).status).toBe(200)
    expect((await control('GET', '/state')).body).toMatchObject({
      identities: 0,
      events: 0,
      accounts: 0,
      faults: [],
      settings: { strictAccounts: false, decisionDelayMs: 30 },
      webhook: { url: receiver.target.url },
    })
    const after = (await call('POST', '/identity/identities', request)).body
    expect(after.id).toBe(before.id)
    await eventually(() => sandbox.identities.get(after.id)?.status).toBe('APPROVED')
    await control('POST', '/reset', { seed: 8 })
    expect((await call('POST', '/identity/identities', request)).body.id).not.toBe(before.id)
  })
})

describe('a pending decision', () => {
  it('is not made after a reset', async () => {
    const { sandbox, call, control } = await startSandbox({ decisionDelayMs: 40 })
    await call('POST', '/identity/identities', person())
    const createdAtMs = performance.now()
    await control('POST', '/reset', {})
    await eventually(() => performance.now() - createdAtMs).toBeGreaterThan(65) // 40 ms, and up to half of it more by the seed
    expect(sandbox.story.of('event-emitted')).toEqual([])
  })
})

describe('a delivery in progress during a reset', () => {
  it('does not appear in the new story', async () => {
    let finish: (() => void) | undefined
    const receiver = await startWebhookReceiver({
      answer: (response, _received, nth) => {
        if (nth > 1) response.end()
        else finish = () => response.writeHead(500).end()
      },
    })
    const { sandbox, control } = await startSandbox({ webhook: receiver.target, retryFirstMs: 1 })
    await control('POST', '/webhook/test')
    await receiver.received(1)
    await control('POST', '/reset')
    finish?.()
    const after = (await control('POST', '/webhook/test')).body.id
    await eventually(() => sandbox.story.of('delivery').filter(({ outcome }) => outcome === 'delivered').length).toBe(1)
    expect(sandbox.story.of('delivery').map(({ eventId }) => eventId)).toEqual([after])
  })
})

describe('the simulator', () => {
  it('serves the health and metrics routes of every role', async () => {
    const { sandbox } = await startSandbox()
    expect(sandbox.apiUrl).toBe(`${sandbox.url}/v2`)
    for (const path of ['/health/live', '/health/ready', '/metrics']) expect((await request(`${sandbox.url}${path}`)).statusCode).toBe(200)
  })

  it('names the port that is taken when that port was asked for', async () => {
    const { sandbox } = await startSandbox()
    const port = Number(new URL(sandbox.url).port)
    await expect(startSandbox({ port, portAsked: true })).rejects.toThrow(`SANDBOX_PORT=${port}`)
  })

  it('names its operations as Paxos documents them', () => {
    for (const name of OPERATION_NAMES) expect(name).toMatch(/^(GET|POST|PUT|DELETE) \/[a-z0-9/{}_-]+$/)
  })
})

describe('F65: the control API', () => {
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const { sandbox } = await startSandbox()
    const answer = await request(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE', headers })
    return answer.statusCode
  }
  it.each<[string, number, Record<string, string>]>([
    ['a program', 200, {}],
    ['a program that names localhost', 200, { host: 'localhost:8082' }],
    ['a program in another container', 200, { host: 'sandbox:8082' }],
    ['a program that uses an IPv6 address', 200, { host: '[::1]:8082' }],
    ['a page under a name rebound to this machine', 403, { host: 'rebound.evil.example:8082' }],
    ['a page under a rebound name with a final dot', 403, { host: 'rebound.evil.example.:8082' }],
    ['a page of another origin', 403, { origin: 'https://evil.example' }],
    ['a page of another port', 403, { origin: 'http://127.0.0.1:1' }],
    ['a page that hides its origin', 403, { origin: 'null' }],
    ['a form of another site', 403, { 'sec-fetch-site': 'cross-site' }],
  ])('answers %s with %i', async (_caller, status, headers) => {
    expect(await ask(headers)).toBe(status)
  })
})
