import { describe, expect, it } from 'vitest'
import { json, type MisbehavingPaxos, type Reply, startMisbehavingPaxos } from './misbehaving-paxos.ts'
import { account, approvedEvent, EVENT_ID, IDENTITY_ID, newAccount } from './paxos-bodies.ts'

const MAINTENANCE = '<!doctype html><html><body>We will be back soon.</body></html>'
const page =
  (status: number, body = MAINTENANCE, contentType = 'text/html'): Reply =>
  (_, response) =>
    response.writeHead(status, { 'content-type': contentType }).end(body)

const reads: [string, (server: MisbehavingPaxos) => Promise<unknown>][] = [
  ['events.get', ({ paxos }) => paxos.events.get(EVENT_ID)],
  ['events.list', ({ paxos }) => paxos.events.list({})],
  ['identities.get', ({ paxos }) => paxos.identities.get(IDENTITY_ID)],
  ['identities.list', ({ paxos }) => paxos.identities.list({})],
  ['accounts.list', ({ paxos }) => paxos.accounts.listOfIdentity(IDENTITY_ID)],
]

const foreign: [string, Reply][] = [
  ['a maintenance page with 200', page(200)],
  ['a maintenance page that says it is JSON', page(200, MAINTENANCE, 'application/json')],
  ['an empty body with 200', page(200, '')],
  ['JSON that is cut off', page(200, JSON.stringify(approvedEvent).slice(0, 60), 'application/json')],
  ['JSON of another service', json(200, { message: 'maintenance', request_id: 'r-1' })],
  ['a JSON text', json(200, 'maintenance')],
  ['a redirect to a login page', page(302, '')],
  ...[400, 403, 404, 405, 410, 422].map((status): [string, Reply] => [`a gateway's page with ${status}`, page(status)]),
  ...[406, 408, 413, 421, 431, 451].map((status): [string, Reply] => [`a gateway's ${status}`, json(status, { title: 'Refused' })]),
  ['a JSON 404 of a gateway', json(404, { message: 'no Route matched with those values' })],
]

describe('when an answer does not come from Paxos', () => {
  it.each(foreign)('c05, F71: treats %s as an outage on every read, and spends no attempt', async (_, reply) => {
    const server = await startMisbehavingPaxos()
    server.reply(reply)
    for (const [operation, read] of reads)
      await expect(read(server), operation).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation })
  })

  it.each(foreign)('c05, F71: looks a write up before it is tried again after %s', async (_, reply) => {
    const server = await startMisbehavingPaxos()
    server.reply(reply)
    const outcome = await server.paxos.accounts.create(newAccount).catch((error: unknown) => error)
    if (_ === "a gateway's 413") expect(outcome).toMatchObject({ code: 'PAXOS_REJECTED' })
    else expect(outcome).toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN', retry: 'ask-first' })
  })

  it('c05: opens the breaker, which then stops calls', async () => {
    const server = await startMisbehavingPaxos({ now: () => 0 })
    server.reply(page(200))
    const codes = new Set<string>()
    for (let calls = 0; calls < 11; calls += 1)
      codes.add(await server.paxos.events.get(EVENT_ID).then(String, (error: { code: string }) => error.code))
    expect([...codes]).toEqual(['PAXOS_UNAVAILABLE', 'PAXOS_CIRCUIT_OPEN'])
  })
})

describe('when a list is empty', () => {
  it.each([
    ['[]', []],
    ['null', null],
    ['a missing field', undefined],
  ])('c03: takes %s for an empty list in every listing', async (_, none) => {
    const server = await startMisbehavingPaxos()
    server.reply(json(200, { events: none, next_page_cursor: '' }))
    expect(await server.paxos.events.list({})).toEqual({ events: [], oddRows: 0, nextCursor: null })
    server.reply(json(200, { items: none }))
    expect(await server.paxos.identities.list({})).toEqual({ identities: [], nextCursor: null })
    expect(await server.paxos.accounts.listOfIdentity(IDENTITY_ID)).toEqual([])
  })
})

describe('when an answer never ends', () => {
  const endless: Reply = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const chunk = Buffer.alloc(64 * 1024, 32)
    const more = (): void => {
      while (response.writable && response.write(chunk));
      response.once('drain', more)
    }
    more()
  }

  it('F58: the client stops reading it after 1 MiB', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(endless)
    await expect(server.paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze' })
  })

  it('F58: the client holds little memory for 200 of them at once', async () => {
    const server = await startMisbehavingPaxos({ connections: 200 })
    server.reply(endless)
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }, 5)
    await Promise.allSettled(Array.from({ length: 200 }, () => server.paxos.accounts.get(account.id)))
    clearInterval(watch)
    expect(most).toBeLessThan(160 * 1024 * 1024) // the server's own buffers count here too
  })
})

describe('when the access token is unusable', () => {
  it.each([
    ['a token that is too long', 'x'.repeat(8_193), 'It has 8193 characters; at most 8192 fit into a header.'],
    ['a token with a line end', 'token\r\nx-evil: 1', 'has characters that a header cannot carry'],
    ['empty', '', 'It is empty'],
    ['a token that is a number', 7, 'The answer has no usable access token.'],
  ])('F71: the client rejects it on arrival, names what is wrong, and spends no attempt (%s)', async (_, token, said) => {
    const server = await startMisbehavingPaxos()
    server.replyToken(json(200, { access_token: token, expires_in: 3_599 }))
    await expect(server.paxos.events.get(EVENT_ID)).rejects.toMatchObject({
      code: 'PAXOS_UNAVAILABLE',
      retry: 'snooze',
      operation: 'token',
      message: expect.stringContaining(said),
    })
    expect(server.seen).toEqual([])
    server.replyToken(json(200, { access_token: 'good', expires_in: 3_599 }))
    server.reply(json(200, approvedEvent))
    expect(await server.paxos.events.get(EVENT_ID)).toMatchObject({ id: EVENT_ID })
  })

  it('c05: the client takes a maintenance page for an outage', async () => {
    const server = await startMisbehavingPaxos()
    server.replyToken(page(200))
    await expect(server.paxos.events.get(EVENT_ID)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', operation: 'token' })
  })

  it.each<[string, unknown, number]>([
    ['text', '3599', 3_599 - 60],
    ['missing', undefined, 300 - 60],
    ['negative', -1, 300 - 60],
    ['not a number', 'soon', 300 - 60],
    ['longer than a day', 1e12, 86_400 - 60],
  ])('c04: the client replaces a lifetime that is %s with a safe value', async (_, expires_in, renewAfterSeconds) => {
    let nowMs = 0
    const server = await startMisbehavingPaxos({ now: () => nowMs })
    server.replyToken(json(200, { access_token: 'good', expires_in }))
    server.reply(json(200, approvedEvent))
    await server.paxos.events.get(EVENT_ID)
    nowMs = renewAfterSeconds * 1_000 - 1
    await server.paxos.events.get(EVENT_ID)
    expect(server.tokenRequests).toHaveLength(1)
    nowMs += 1
    await server.paxos.events.get(EVENT_ID)
    expect(server.tokenRequests).toHaveLength(2)
  })

  it('F41: the client requests the scopes that it uses, and no others', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(200, approvedEvent))
    await server.paxos.events.get(EVENT_ID)
    expect(new URLSearchParams(server.tokenRequests[0]!.body).get('scope')).not.toContain('funding:')
  })
})
