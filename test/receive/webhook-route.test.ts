import { createHash, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { holdLocks } from '../support/row-locks.ts'
import { API_KEY, delivery, SECOND_API_KEY, startReceiver, type TestReceiver } from './start-receiver.ts'

let receiver: TestReceiver

beforeAll(async () => {
  receiver = await startReceiver({ acceptor: { timeoutMs: 500 } })
})
beforeEach(() => receiver.pool.query('TRUNCATE inbox_event'))
afterAll(() => receiver.close())

/** Posts the chunks as they are, without a Content-Length. */
async function postChunked(chunks: readonly Uint8Array[], headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${receiver.url}/webhooks/paxos`, { method: 'POST', headers }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode!, body }))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    for (const chunk of chunks) outgoing.write(chunk)
    outgoing.end()
  })
}

describe('when Paxos delivers an event', () => {
  it('F36, F61: the receiver records by which key and address it came, and stores neither of them', async () => {
    await receiver.post(delivery({}))
    await receiver.post(delivery({}))
    await receiver.post(delivery({}), { 'x-api-key': SECOND_API_KEY })
    const { rows } = await receiver.pool.query('SELECT key_slot, encode(source_hash, $1) AS source FROM inbox_event ORDER BY seq', ['hex'])
    const slots = rows.map(({ key_slot }) => key_slot)
    expect(slots).toEqual([slots[0], slots[0], expect.stringMatching(/^api-key-[0-9a-f]{8}$/)])
    expect(slots[2]).not.toBe(slots[0])
    expect(new Set(rows.map(({ source }) => source))).toEqual(new Set([expect.stringMatching(/^[0-9a-f]{16}$/)]))
    expect(JSON.stringify(rows)).not.toContain(API_KEY)
  })

  it('the receiver answers 200 once it is committed, with the hash of the bytes as they came', async () => {
    const sent = delivery({ time: '2026-03-02T10:15:30.123456789+01:00' })
    const bytes = `  ${JSON.stringify(sent, null, 2)}\n`
    const answer = await receiver.post(bytes)
    expect(answer).toMatchObject({ status: 200, body: { status: 'accepted' } })
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await receiver.storedRows()).toMatchObject([
      {
        event_id: sent.id,
        type: 'identity.approved',
        occurred_at: new Date('2026-03-02T09:15:30.123Z'),
        origin: 'webhook',
        trust: 'hint',
        state: 'accepted',
        body_sha256: createHash('sha256').update(bytes).digest(),
      },
    ])
  })

  it('the receiver stores an unknown type with unknown fields', async () => {
    expect(await receiver.post(delivery({ type: 'teapot.steeped', extra: { deep: [1] } }))).toMatchObject({ status: 200 })
    expect(await receiver.storedRows()).toMatchObject([{ type: 'teapot.steeped', state: 'accepted' }])
  })

  it('the receiver accepts a delivery without object and is_test, and with both null', async () => {
    expect(await receiver.post(delivery({ object: undefined, is_test: undefined }))).toMatchObject({ status: 200 })
    expect(await receiver.post(delivery({ object: null, is_test: null }))).toMatchObject({ status: 200 })
    expect(await receiver.storedRows()).toMatchObject([{ is_test: false }, { is_test: false }])
  })

  it('c01: the receiver accepts a body that begins with a byte order mark', async () => {
    expect(await receiver.post(`\ufeff${JSON.stringify(delivery())}`)).toMatchObject({ status: 200, body: { status: 'accepted' } })
    expect(await receiver.post(`\ufeff\ufeff${JSON.stringify(delivery())}`)).toMatchObject({ status: 400 })
  })

  it('the receiver accepts a content type with a charset, in any case', async () => {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'Application/JSON; Charset="UTF-8"' }
    expect(await receiver.post(delivery(), headers)).toMatchObject({ status: 200 })
  })
})

describe('when the same event is delivered again', () => {
  it('the receiver answers 200 each time, and knows the id in upper and lower case', async () => {
    const id = randomUUID()
    expect(await receiver.post(delivery({ id: id.toUpperCase() }))).toMatchObject({ status: 200, body: { status: 'accepted' } })
    expect(await receiver.post(delivery({ id }))).toMatchObject({ status: 200, body: { status: 'duplicate' } })
    expect(await receiver.storedRows()).toMatchObject([{ event_id: id, delivery_count: 2 }])
  })

  it('fifty deliveries at the same time are one row and one `accepted`', async () => {
    const sent = delivery()
    const answers = await Promise.all(Array.from({ length: 50 }, () => receiver.post(sent)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(answers.filter(({ body }) => (body as { status: string }).status === 'accepted')).toHaveLength(1)
    expect(await receiver.storedRows()).toMatchObject([{ delivery_count: 50 }])
  })
})

describe('when a test event is delivered', () => {
  it('the receiver answers `test` and stores it inert', async () => {
    expect(await receiver.post(delivery({ is_test: true }))).toMatchObject({ status: 200, body: { status: 'test' } })
    expect(await receiver.storedRows()).toMatchObject([{ is_test: true, state: 'test' }])
  })
})

describe('when the sender does not authenticate', () => {
  const STRANGERS: [string, Record<string, string>][] = [
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'wrong' }],
    ['the start of a key', { 'x-api-key': API_KEY.slice(0, -1) }],
    ['both keys at once', { 'x-api-key': `${API_KEY}, ${SECOND_API_KEY}` }],
    ['a bearer token, which is off here', { authorization: `Bearer ${API_KEY}` }],
    ['a signature, which is off here', { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,aaaa' }],
  ]
  it.each(STRANGERS)('the receiver refuses it with %s', async (_what, headers) => {
    const before = await receiver.counted({ status: 401, reason: 'WEBHOOK_UNAUTHENTICATED' })
    const answer = await receiver.post(delivery(), headers)
    expect(answer).toMatchObject({
      status: 401,
      body: { status: 401, code: 'WEBHOOK_UNAUTHENTICATED', detail: expect.stringContaining('an API key in the header x-api-key') },
    })
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await receiver.counted({ status: 401, reason: 'WEBHOOK_UNAUTHENTICATED' })).toBe(before + 1)
    expect(await receiver.storedRows()).toEqual([])
  })

  it('the receiver refuses it before it reads the body', async () => {
    expect(await receiver.post('not json', {})).toMatchObject({ status: 401 })
    expect(await receiver.post('x'.repeat(100_000), {})).toMatchObject({ status: 401 })
    expect(await receiver.post('a: b', { 'content-type': 'text/yaml' })).toMatchObject({ status: 401 })
  })

  it('the log holds no key and no header', async () => {
    await receiver.post(delivery(), { 'x-api-key': 'a-secret-that-was-mistyped' })
    await receiver.post('[', { 'x-api-key': API_KEY })
    expect(receiver.logged()).not.toContain('a-secret-that-was-mistyped')
    expect(receiver.logged()).not.toContain(API_KEY)
  })
})

describe('when keys are rotated', () => {
  it('the receiver accepts the old key and the new one, with the header in any case', async () => {
    expect(await receiver.post(delivery(), { 'X-API-KEY': API_KEY })).toMatchObject({ status: 200 })
    expect(await receiver.post(delivery(), { 'X-Api-Key': SECOND_API_KEY })).toMatchObject({ status: 200 })
  })
})

describe('when a delivery carries a trace context', () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  it.each([
    [trace, trace],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', null],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, null],
    [`00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`, null],
    ['from ada@example.com', null],
  ])('the receiver stores a traceparent only when it is well formed: %s', async (header, stored) => {
    expect((await receiver.post(delivery(), { 'x-api-key': API_KEY, traceparent: header })).status).toBe(200)
    expect(await receiver.storedRows()).toMatchObject([{ traceparent: stored }])
  })
})

describe('when the body is not a delivery', () => {
  it.each([
    ['empty', ''],
    ['cut off', '{"id":'],
    ['not JSON', 'id=1'],
    ['not UTF-8', Uint8Array.from([0x22, 0xff, 0xfe, 0x22])],
  ])('the receiver refuses a body that is %s', async (_what, body) => {
    expect(await receiver.post(body)).toMatchObject({ status: 400, body: { code: 'BODY_MALFORMED' } })
  })

  it.each([
    ['id', 'not an id'],
    ['id', ''],
    ['id', 'i'.repeat(201)],
    ['id', 'ïd'],
    ['id', 'gatehouse:timer:poll-order:order_1'],
    ['id', 7],
    ['id', undefined],
    ['type', ''],
    ['type', 'x'.repeat(201)],
    ['type', 'nul \u0000'],
    ['type', null],
    ['source', undefined],
    ['time', 'yesterday'],
    ['time', '2026-02-30T25:00:00Z'],
    ['time', '2026-03-02'],
    ['time', '2026-02-30T09:15:30Z'],
    ['time', '2025-02-29T09:15:30+02:00'],
    ['time', '2026-04-31T00:00:00.5Z'],
    ['time', '9999-12-31T23:59:59-23:59'],
    ['time', '0000-01-01T00:00:00Z'],
    ['time', 1_772_442_930],
    ['object', 5],
    ['is_test', 'true'],
  ])('the answer names the wrong field: %s = %j', async (field, value) => {
    const answer = await receiver.post(delivery({ [field]: value }))
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'DELIVERY_INVALID', errors: [{ field, message: expect.stringContaining('must be') }] },
    })
    expect(await receiver.storedRows()).toEqual([])
  })

  it('the answer names all wrong fields at once', async () => {
    const { body } = await receiver.post({ id: 'x y', type: 1, source: [], time: '?' })
    expect((body as { errors: { field: string }[] }).errors.map(({ field }) => field)).toEqual(['id', 'type', 'source', 'time'])
  })

  it.each(['[]', 'null', '"text"', '1'])('the receiver refuses %s, which is JSON and not an object', async (body) => {
    expect(await receiver.post(body)).toMatchObject({
      status: 400,
      body: { errors: [{ field: '(body)', message: 'must be a JSON object' }] },
    })
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'application/octet-stream'])(
    'the receiver refuses the content type %s',
    async (type) => {
      expect(await receiver.post(delivery(), { 'x-api-key': API_KEY, 'content-type': type })).toMatchObject({
        status: 415,
        body: { code: 'MEDIA_TYPE_UNSUPPORTED' },
      })
    },
  )

  it('the receiver refuses a body without a content type', async () => {
    const bytes = Buffer.from(JSON.stringify(delivery()))
    expect(await postChunked([bytes], { 'x-api-key': API_KEY })).toMatchObject({ status: 415 })
  })

  it('each refusal is counted by its reason', async () => {
    const count = async (): Promise<number[]> =>
      Promise.all([
        receiver.counted({ status: 400, reason: 'BODY_MALFORMED' }),
        receiver.counted({ status: 400, reason: 'DELIVERY_INVALID' }),
        receiver.counted({ status: 413, reason: 'BODY_TOO_LARGE' }),
        receiver.counted({ status: 415, reason: 'MEDIA_TYPE_UNSUPPORTED' }),
        receiver.counted({ status: 200, reason: 'accepted' }),
      ])
    const before = await count()
    await receiver.post('{')
    await receiver.post({})
    await receiver.post(delivery({ padding: 'x'.repeat(20_000) }))
    await receiver.post('x', { 'x-api-key': API_KEY, 'content-type': 'text/plain' })
    await receiver.post(delivery())
    expect(await count()).toEqual(before.map((value) => value + 1))
  })
})

describe('when the body is too large', () => {
  it('the receiver refuses it by its declared length, and accepts one that just fits', async () => {
    const room = 16_384 - JSON.stringify(delivery({ padding: '' })).length
    expect(await receiver.post(delivery({ padding: 'x'.repeat(room) }))).toMatchObject({ status: 200 })
    expect(await receiver.post(delivery({ padding: 'x'.repeat(room + 1) }))).toMatchObject({
      status: 413,
      body: { code: 'BODY_TOO_LARGE' },
    })
  })

  it('the receiver refuses it as soon as it is too large when its length is not declared', async () => {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    const chunks = Array.from({ length: 20 }, () => Buffer.from('x'.repeat(1_000)))
    expect((await postChunked(chunks, headers)).status).toBe(413)
    const small = JSON.stringify(delivery())
    expect((await postChunked([Buffer.from(small.slice(0, 50)), Buffer.from(small.slice(50))], headers)).status).toBe(200)
  })
})

describe('when the event cannot be committed', () => {
  afterEach(() => vi.waitFor(async () => expect(await receiver.post(delivery())).toMatchObject({ status: 200 })))

  it('the receiver answers 503 with Retry-After while the connection is cut during the commit, then accepts the event', async () => {
    const sent = delivery()
    const insert = `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin) VALUES ($1, 'x', now(), false, 'sweep')`
    const release = await holdLocks(receiver.pool, insert, [sent.id])
    const inFlight = receiver.post(sent)
    await vi.waitFor(async () => {
      const { rowCount } = await receiver.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'gatehouse inbox' AND wait_event_type = 'Lock'`,
      )
      expect(rowCount).toBe(1)
    })
    const answer = await inFlight
    expect(answer).toMatchObject({ status: 503, body: { code: 'INBOX_UNAVAILABLE' } })
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    await release()
    await vi.waitFor(async () => expect(await receiver.post(sent)).toMatchObject({ status: 200, body: { status: 'accepted' } }))
    expect(await receiver.counted({ status: 503, reason: 'INBOX_UNAVAILABLE' })).toBeGreaterThan(0)
  })

  it('the receiver answers 503, never 200 and never 4xx, while the table cannot be written', async () => {
    const release = await holdLocks(receiver.pool, 'LOCK TABLE inbox_event IN ACCESS EXCLUSIVE MODE')
    const answers = await Promise.all(Array.from({ length: 10 }, () => receiver.post(delivery())))
    await release()
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503))
    expect(await receiver.storedRows()).toEqual([])
  })
})

describe('when any bytes are sent', () => {
  const anyBody = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }),
    fc
      .record({ id: fc.anything(), type: fc.anything(), source: fc.anything(), time: fc.anything(), is_test: fc.anything() })
      .map((value) => JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner))),
    fc
      .record({
        id: fc.uuid(),
        type: fc.string({ unit: 'binary', maxLength: 220 }),
        source: fc.string(),
        time: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.constant('2016-12-31T23:59:60Z'),
        ),
        is_test: fc.boolean(),
      })
      .map((value) => JSON.stringify(value)),
  )

  it('the receiver accepts them and stores their event, or refuses them with 400', async () => {
    const { pool } = receiver
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { status } = await receiver.post(body)
        expect([200, 400]).toContain(status)
        if (status === 400) return
        const { id } = JSON.parse(String(typeof body === 'string' ? body : Buffer.from(body)).replace(/^\ufeff/, '')) as { id: string }
        expect((await pool.query('SELECT FROM inbox_event WHERE event_id = lower($1)', [id])).rowCount).toBe(1)
      }),
      { numRuns: 400 },
    )
  })
})
