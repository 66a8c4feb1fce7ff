import { describe, expect, it } from 'vitest'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { startSilentServer } from '../support/silent-server.ts'
import { inTurn, json, type MisbehavingPaxos, type Reply, startMisbehavingPaxos } from './misbehaving-paxos.ts'
import { account, alreadyExists, approvedEvent, EVENT_ID, IDENTITY_ID, identity, newAccount, newIdentity } from './paxos-bodies.ts'

const read = ({ paxos }: MisbehavingPaxos) => paxos.events.get(EVENT_ID)
const write = ({ paxos }: MisbehavingPaxos) => paxos.accounts.create(newAccount)
const asRaw =
  (status: number, body: string, contentType = 'text/html'): Reply =>
  (_, response) =>
    response.writeHead(status, { 'content-type': contentType }).end(body)

const hang: Reply = () => {}
const resetAfterReading: Reply = (_, response) => response.socket?.resetAndDestroy()
const closeAfterReading: Reply = (_, response) => response.socket?.destroy()
const slowBody: Reply = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":')
const cutBody: Reply = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"id":', () => response.socket?.destroy())
}

describe('when the answer is lost', () => {
  it.each<[string, Reply]>([
    ['the connection is reset after the request was read', resetAfterReading],
    ['the connection is closed after the request was read', closeAfterReading],
    ['no answer comes in time', hang],
    ['the body stops halfway and stays open', slowBody],
    ['the body is cut off', cutBody],
    ['a gateway says 502', asRaw(502, '<html>Bad Gateway</html>')],
    ['Paxos says 500', json(500, { title: 'Internal Server Error' })],
    ['Paxos says 503', json(503, {})],
    ['Paxos says 504', json(504, { detail: 'timeout reached while creating the order' })],
    ['a gateway says 408', asRaw(408, '')],
  ])('because %s, a write must be looked up and a read can be repeated', async (_, reply) => {
    const server = await startMisbehavingPaxos({ timeoutMs: 150 })
    server.reply(reply)
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_OUTCOME_UNKNOWN', retry: 'ask-first', operation: 'accounts.create' })
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'events.get' })
  })

  it('applies one timeout to headers and body together, however slowly they arrive', async () => {
    const server = await startMisbehavingPaxos({ timeoutMs: 200 })
    let drip: NodeJS.Timeout | undefined
    server.reply((_, response) => {
      setTimeout(() => {
        response.writeHead(200)
        drip = setInterval(() => response.write(' '), 40)
      }, 120)
    })
    const startedMs = performance.now()
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE' })
    clearInterval(drip)
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})

describe('when a write never reached Paxos', () => {
  it('because the connection was refused, it can be repeated', async () => {
    const tokens = await startMisbehavingPaxos()
    const server = await startMisbehavingPaxos({ tokenUrl: `${tokens.url}/oauth2/token` })
    await server.stop()
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'accounts.create' })
  })

  it('because the host name does not resolve, it can be repeated', async () => {
    const tokens = await startMisbehavingPaxos()
    const server = await startMisbehavingPaxos({ apiUrl: 'http://paxos.invalid/v2', tokenUrl: `${tokens.url}/oauth2/token` })
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'accounts.create' })
  })

  it('because it was still waiting for a connection, it is not sent later', async () => {
    const server = await startMisbehavingPaxos({ timeoutMs: 300, connections: 1 })
    server.reply(json(200, approvedEvent))
    await read(server) // gets the token
    server.reply(hang)
    const holdsTheConnection = expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE' })
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'accounts.create' })
    await holdsTheConnection
    server.reply(json(200, approvedEvent))
    await read(server) // by now, a queued write would have been sent
    expect(server.seen.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it('because it got no token, it can be repeated', async () => {
    const server = await startMisbehavingPaxos({ timeoutMs: 150 })
    server.replyToken(hang)
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'token' })
    expect(server.seen).toEqual([])
  })

  it('because the TLS handshake was never answered, it can be repeated', async () => {
    const tokens = await startMisbehavingPaxos()
    const server = await startMisbehavingPaxos({
      timeoutMs: 150,
      apiUrl: `https://127.0.0.1:${await startSilentServer()}/v2`,
      tokenUrl: `${tokens.url}/oauth2/token`,
    })
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'accounts.create' })
  })
})

describe('when Paxos refuses', () => {
  const insufficientScopes = {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: "insufficient scopes: found 'a', required one of '[b]'",
  }
  it.each([
    [
      400,
      { title: 'Bad Request', detail: 'limit must be between 1 and 100' },
      { code: 'PAXOS_REJECTED', retry: 'never', detail: 'limit must be between 1 and 100' },
    ],
    [
      403,
      insufficientScopes,
      {
        code: 'PAXOS_FORBIDDEN',
        retry: 'snooze',
        retryAfterMs: 60_000,
        title: 'Forbidden',
        problemType: 'about:blank',
        detail: insufficientScopes.detail,
      },
    ],
    [404, { status: 404, title: 'Not Found', type: 'about:blank' }, { code: 'PAXOS_NOT_FOUND', retry: 'backoff' }],
    [405, { title: 'Method Not Allowed' }, { code: 'PAXOS_REJECTED', retry: 'never' }],
    [422, { detail: 'odd' }, { code: 'PAXOS_REJECTED', retry: 'never' }],
  ])('with %i, the client throws a typed error', async (status, body, expected) => {
    const server = await startMisbehavingPaxos()
    server.reply(json(status, body))
    await expect(server.paxos.identities.get(IDENTITY_ID)).rejects.toMatchObject({ ...expected, status, operation: 'identities.get' })
  })

  it('a write with 403, the client does not repeat it', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(403, insufficientScopes))
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN', retry: 'never', retryAfterMs: null })
  })

  it('reads with 403, the client logs an error once a minute', async () => {
    let nowMs = 0
    const server = await startMisbehavingPaxos({ now: () => nowMs })
    const said = (): number => server.log().split('Paxos forbids reads').length - 1
    server.reply(json(403, insufficientScopes))
    for (let reads = 0; reads < 5; reads++) await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN' })
    expect(said()).toBe(1)
    nowMs = 60_000
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN' })
    expect(said()).toBe(2)
  })

  it('the client reads the problem by its shape, not by its content type', async () => {
    const server = await startMisbehavingPaxos()
    for (const contentType of ['application/problem+json', 'application/json', 'text/plain']) {
      server.reply(asRaw(403, JSON.stringify({ title: 'Forbidden', type: 'about:blank', meta: 'odd', detail: 7 }), contentType))
      await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN', title: 'Forbidden', detail: null })
    }
  })

  it('an event id with 400, the client treats the event as unknown', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(400, { detail: 'error parsing event id' }))
    await expect(server.paxos.events.get('no-uuid')).rejects.toMatchObject({ code: 'PAXOS_NOT_FOUND', status: 400 })
  })

  it.each([
    ['duplicate ref_id provided', 'ref_id'],
    ['duplicate (cip_id, cip_id_type, cip_id_country) provided', 'person'],
    ['an unknown detail', null],
  ])('with 409 «%s», the client says what exists and what collided', async (detail, duplicate) => {
    const server = await startMisbehavingPaxos()
    server.reply(json(409, alreadyExists(detail, IDENTITY_ID)))
    await expect(server.paxos.identities.create(newIdentity)).rejects.toMatchObject({
      code: 'PAXOS_CONFLICT',
      retry: 'ask-first',
      existingId: IDENTITY_ID,
      duplicate,
    })
  })

  it('with a 409 that names nothing, the client says so', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(409, { title: 'Conflict' }))
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_CONFLICT', existingId: null, duplicate: null })
  })
})

describe('when a 2xx answer is unusable', () => {
  it.each<[string, Reply]>([
    ['a field that we need is missing', json(200, { id: EVENT_ID })],
    ['a field has another type', json(200, { ...approvedEvent, ...account, identity_id: 7, created_at: 'yesterday' })],
  ])('because %s, a write must be looked up and a read can be repeated', async (_, reply) => {
    const server = await startMisbehavingPaxos()
    server.reply(reply)
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED', retry: 'ask-first', status: 200 })
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED', retry: 'backoff', status: 200 })
  })

  it('the error names the fields', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(200, { items: [account, { ...account, identity_id: 5 }] }))
    await expect(server.paxos.accounts.listOfIdentity(IDENTITY_ID)).rejects.toThrow('unexpected value at items.1.identity_id')
  })

  it('F68: List Events skips malformed rows and counts them', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(
      json(200, { events: [approvedEvent, { ...approvedEvent, created_at: 5 }, null, { ...approvedEvent, id: 'x'.repeat(129) }] }),
    )
    expect(await server.paxos.events.list({})).toMatchObject({ events: [{ id: EVENT_ID }], oddRows: 3 })
  })
})

describe('an error, a log line or a metric', () => {
  const person = ['Ada', 'Moreno', '123-45-6789', 'Albany', '12207']
  const everything = (error: unknown): string => {
    const causes = []
    for (let at = error; at instanceof Error; at = at.cause)
      causes.push(at.message, at.stack, JSON.stringify(at, Object.getOwnPropertyNames(at)))
    return causes.join('\n')
  }

  it.each<[string, Reply]>([
    ['a refusal repeats it', json(400, { title: 'Bad Request', detail: 'invalid cip_id "123-45-6789" of Ada Moreno, zip_code 12207' })],
    ['a 409 repeats it', json(409, { ...alreadyExists('duplicate (cip_id) 123-45-6789', IDENTITY_ID), person: identity.person_details })],
    ['a broken answer holds it', asRaw(200, '{"first_name": "Ada", Moreno 123-45-6789')],
    ['an answer of another shape holds it', json(200, { person_details: identity.person_details, ref_id: { Ada: 'Moreno' } })],
    [
      'F60: its title and type repeat it',
      json(422, { title: 'Ada Moreno of Albany is known', type: 'https://x.test/problems/ada-moreno-12207' }),
    ],
    ['F60: its error code repeats it', json(400, { error: 'ada_moreno_123-45-6789' })],
    ['a 500 repeats it', asRaw(500, 'panic: Ada Moreno 123-45-6789')],
  ])('never holds personal data when %s', async (_, reply) => {
    const server = await startMisbehavingPaxos()
    server.reply(reply)
    const error = await server.paxos.identities.create(newIdentity).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Error)
    const said = [everything(error), server.log(), await server.metrics.metrics()].join('\n')
    for (const word of person) expect(said).not.toMatch(new RegExp(`(?<![a-z])${word}(?![a-z])`, 'i'))
    expect(said).not.toContain('a-secret-that-nobody-sees')
    expect(said).not.toContain('token-1')
  })

  it('F60: keeps known words of the title and a type that consists of them', async () => {
    const server = await startMisbehavingPaxos()
    const type = 'https://developer.paxos.com/docs/v2/problems/already-exists'
    server.reply(json(422, { title: 'Invalid Phone Number of Ada Moreno', type }))
    await expect(server.paxos.identities.create(newIdentity)).rejects.toMatchObject({
      title: 'Invalid Phone Number of …',
      problemType: type,
    })
  })

  it('names the fields that a refusal mentions', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(400, { title: 'Bad Request', detail: 'invalid zip_code 12207 in person_details.address' }))
    await expect(server.paxos.identities.create(newIdentity)).rejects.toThrow('It mentions zip_code, person_details, address.')
  })
})

describe('when Paxos throttles', () => {
  it.each([
    ['without Retry-After', {}, null, 300_000],
    ['with Retry-After in seconds', { 'retry-after': '17' }, 17_000, 17_000],
    ['with a Retry-After that cannot be read', { 'retry-after': 'soon' }, null, 300_000],
    ['with a Retry-After of days', { 'retry-after': '864000' }, 864_000_000, 900_000],
  ])('%s, every call waits for the same time', async (_, headers, retryAfterMs, lockedMs) => {
    const server = await startMisbehavingPaxos({ now: () => 5_000_000 })
    server.reply(json(429, { title: 'Too Many Requests' }, headers))
    await expect(write(server)).rejects.toMatchObject({ code: 'PAXOS_THROTTLED', retry: 'snooze', retryAfterMs })
    await expect(read(server)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED', retry: 'snooze', retryAfterMs: lockedMs })
    expect(server.seen).toHaveLength(1)
  })

  it('with Retry-After as a date, every call waits until then', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(429, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }))
    const { retryAfterMs } = (await write(server).catch((error: unknown) => error)) as { retryAfterMs: number }
    expect(retryAfterMs).toBeGreaterThan(55_000)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  it('calls continue when the lock ends', async () => {
    let nowMs = 0
    const server = await startMisbehavingPaxos({ now: () => nowMs })
    server.reply(inTurn(json(429, {}, { 'retry-after': '17' }), json(200, approvedEvent)))
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_THROTTLED' })
    nowMs = 17_000
    expect(await read(server)).toMatchObject({ id: EVENT_ID })
  })
})

describe('when Paxos keeps failing', () => {
  it('calls fail without using budget or token endpoint, until one probe succeeds', async () => {
    let nowMs = 0
    const server = await startMisbehavingPaxos({ now: () => nowMs, limits: { ...DOCUMENTED_LIMITS, general: 1 } })
    server.reply(json(503, {}))
    for (let failures = 0; failures < 10; failures++) await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE' })
    const before = await server.budget.etaMs('general', 282, { priority: 'live' })
    for (let more = 0; more < 20; more++) {
      await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_CIRCUIT_OPEN', retry: 'snooze', retryAfterMs: expect.any(Number) })
    }
    expect(server.seen).toHaveLength(10)
    expect(await server.budget.etaMs('general', 282, { priority: 'live' })).toBe(before)
    nowMs = 1_000
    let answer = (): void => {}
    server.reply((...call) => {
      answer = () => json(200, approvedEvent)(...call)
    })
    const probe = read(server)
    await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_CIRCUIT_OPEN' })
    await expect.poll(() => server.seen.length).toBe(11)
    answer()
    expect(await probe).toMatchObject({ id: EVENT_ID })
    server.reply(json(200, approvedEvent))
    expect(await read(server)).toMatchObject({ id: EVENT_ID })
    expect(server.log()).toContain('Paxos keeps failing')
    expect(server.log()).toContain('Paxos answers again')
  })

  it('writes with unknown outcomes open the breaker, and refusals never do', async () => {
    const server = await startMisbehavingPaxos({ now: () => 0 })
    server.reply(json(404, { title: 'Not Found' }))
    for (let refusals = 0; refusals < 30; refusals++) await expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_NOT_FOUND' })
    server.reply(json(500, {}))
    const codes = new Set<string>()
    for (let failures = 0; failures < 11; failures++) codes.add(await write(server).then(String, (error: { code: string }) => error.code))
    expect([...codes]).toEqual(['PAXOS_OUTCOME_UNKNOWN', 'PAXOS_CIRCUIT_OPEN'])
  })
})

describe('a request to Paxos', () => {
  it('is timed by operation and outcome', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(inTurn(json(200, approvedEvent), json(404, { title: 'Not Found' }), resetAfterReading))
    await read(server)
    await read(server).catch(() => {})
    await write(server).catch(() => {})
    const text = await server.metrics.metrics()
    for (const [operation, outcome] of [
      ['token', 'ok'],
      ['events.get', 'ok'],
      ['events.get', 'PAXOS_NOT_FOUND'],
      ['accounts.create', 'PAXOS_OUTCOME_UNKNOWN'],
    ]) {
      expect(text).toContain(`gatehouse_paxos_request_seconds_count{operation="${operation}",outcome="${outcome}"} 1`)
    }
  })
})

describe('when the client closes', () => {
  it('it rejects calls that wait for the budget at once and sends nothing more', async () => {
    const server = await startMisbehavingPaxos()
    server.reply(json(200, approvedEvent))
    await read(server)
    server.budget.onThrottled(1_500)
    const waiting = expect(read(server)).rejects.toMatchObject({ code: 'PAXOS_UNAVAILABLE', retry: 'snooze', operation: 'close' })
    await server.paxos.close()
    await waiting
    expect(server.seen).toHaveLength(1)
    await expect(server.paxos.events.get(EVENT_ID)).rejects.toMatchObject({ retry: 'snooze' })
  })

  it('it lets sent calls finish', async () => {
    const server = await startMisbehavingPaxos()
    let answer = (): void => {}
    server.reply((...call) => {
      answer = () => json(200, approvedEvent)(...call)
    })
    const sent = read(server)
    await expect.poll(() => server.seen.length).toBe(1)
    const closed = server.paxos.close()
    answer()
    expect(await sent).toMatchObject({ id: EVENT_ID })
    await closed
  })
})
