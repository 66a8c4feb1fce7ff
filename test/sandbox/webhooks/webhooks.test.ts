import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { type Running, startSandbox } from '../start-sandbox.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../webhook-receiver.ts'

/** Emits `count` events for the webhook and returns their ids in the order of creation. */
async function emit({ sandbox }: Running, count: number, refIdPrefix = 'w'): Promise<string[]> {
  return (await sandbox.populate({ count, refIdPrefix, decision: 'approve', deliver: true })).map(({ id }) => id)
}

function ids({ deliveries }: WebhookReceiver): unknown[] {
  return deliveries.map(({ json }) => json.id)
}

async function undelivered({ call }: Running, id: string | undefined): Promise<number> {
  return (await call('GET', `/events/${id}`)).body.undelivered_webhooks
}

describe('a delivery', () => {
  it('is a POST of metadata only, with the API key in the header that the receiver chose', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({
      webhook: { url: `${receiver.url}/webhook?from=paxos`, auth: { kind: 'api-key', header: 'x-paxos-key', key: 'k-1' } },
    })
    const [id] = await emit(running, 1)
    const [delivery] = await receiver.received(1)
    expect(delivery).toMatchObject({ method: 'POST', path: '/webhook?from=paxos' })
    expect(delivery?.headers).toMatchObject({ 'content-type': 'application/json', 'x-paxos-key': 'k-1' })
    expect(delivery?.headers).not.toHaveProperty('authorization')
    expect(delivery?.json).toEqual({
      id,
      type: 'identity.approved',
      source: 'com.paxos',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      object: 'event',
      is_test: false,
    })
    const event = (await running.call('GET', `/events/${id}`)).body
    expect(event.created_at.slice(0, 19)).toBe(String(delivery?.json.time).slice(0, 19))
  })

  it('says is_test when the event is a test event', async () => {
    const receiver = await startWebhookReceiver()
    const { control } = await startSandbox({ webhook: receiver.target })
    const { id } = (await control('POST', '/webhook/test', {})).body
    expect((await receiver.received(1))[0]?.json).toMatchObject({ id, is_test: true, type: 'identity.approved' })
  })

  it('counts as undelivered until any 2xx answers it', async () => {
    const receiver = await startWebhookReceiver({
      answer: (response, _received, nth) => response.writeHead(nth === 1 ? 500 : 204).end(),
    })
    const running = await startSandbox({ webhook: receiver.target, retryFirstMs: 100 })
    const [id] = await emit(running, 1)
    await receiver.received(1)
    expect(await undelivered(running, id)).toBe(1)
    await receiver.received(2)
    await eventually(() => undelivered(running, id)).toBe(0)
  })

  it('is not made without a webhook, and its event has no undelivered webhooks', async () => {
    const running = await startSandbox({ webhook: null })
    const [id] = await emit(running, 1)
    expect(await undelivered(running, id)).toBe(0)
    const receiver = await startWebhookReceiver()
    running.sandbox.setWebhook(receiver.target)
    const [next] = await emit(running, 1, 'next')
    await receiver.received(1)
    expect(ids(receiver)).toEqual([next])
  })

  it('reuses connections', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target, webhookRatePerSecond: 1000 })
    for (const round of ['a', 'b', 'c', 'd']) {
      await emit(running, 1, round)
      await receiver.received(receiver.deliveries.length + 1).catch(() => undefined)
    }
    await receiver.received(4)
    expect(new Set(receiver.deliveries.map(({ remotePort }) => remotePort)).size).toBeLessThan(4)
  })
})

describe('a delivery with OAuth', () => {
  const oauth = (receiver: WebhookReceiver): { kind: 'oauth'; tokenUrl: string; clientId: string; clientSecret: string } => ({
    kind: 'oauth',
    tokenUrl: `${receiver.url}/token`,
    clientId: 'pax:os',
    clientSecret: 's&cret=',
  })

  it('requests one token with Basic and form credentials together, and keeps it', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: { url: `${receiver.url}/webhook`, auth: oauth(receiver) } })
    await emit(running, 3)
    const deliveries = await receiver.received(3)
    expect(receiver.tokenRequests).toHaveLength(1)
    const [asked] = receiver.tokenRequests
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'pax:os',
      client_secret: 's&cret=',
    })
    const basic = Buffer.from(String(asked?.headers.authorization).replace('Basic ', ''), 'base64').toString()
    expect(basic).toBe('pax%3Aos:s%26cret%3D')
    expect(new Set(deliveries.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer webhook-token']))
  })

  it('fails on a 401, drops the token, and is repeated with a new one', async () => {
    let issued = 0
    const receiver = await startWebhookReceiver({
      answerToken: (response) => response.end(JSON.stringify({ access_token: `t-${++issued}`, token_type: 'Bearer', expires_in: 3600 })),
      answer: (response, { headers }) => response.writeHead(headers.authorization === 'Bearer t-2' ? 200 : 401).end(),
    })
    const running = await startSandbox({ webhook: { url: `${receiver.url}/webhook`, auth: oauth(receiver) }, retryFirstMs: 20 })
    const [id] = await emit(running, 1)
    const deliveries = await receiver.received(2)
    expect(deliveries.map(({ headers }) => headers.authorization)).toEqual(['Bearer t-1', 'Bearer t-2'])
    await eventually(() => undelivered(running, id)).toBe(0)
    expect(issued).toBe(2)
  })

  it('requests a new token when the old one has expired, and tries again when none is issued', async () => {
    const receiver = await startWebhookReceiver({
      answerToken: (response, _received, nth) =>
        nth === 1 ? response.writeHead(503).end() : response.end(JSON.stringify({ access_token: `t-${nth}`, expires_in: 0 })),
    })
    const running = await startSandbox({ webhook: { url: `${receiver.url}/webhook`, auth: oauth(receiver) }, retryFirstMs: 20 })
    await emit(running, 1)
    await receiver.received(1)
    await emit(running, 1, 'next')
    await receiver.received(2)
    expect(receiver.tokenRequests).toHaveLength(3)
    expect(running.sandbox.story.of('delivery').map(({ outcome }) => outcome)).toContain('unauthenticated')
  })
})

describe('when the receiver does not answer 2xx', () => {
  it.each([301, 400, 404, 413, 429, 500, 503])('the sender tries again after %i', async (status) => {
    const receiver = await startWebhookReceiver({
      answer: (response, _received, nth) => response.writeHead(nth === 1 ? status : 200, { location: '/elsewhere' }).end(),
    })
    const running = await startSandbox({ webhook: receiver.target, retryFirstMs: 10 })
    const [id] = await emit(running, 1)
    await receiver.received(2)
    expect(ids(receiver)).toEqual([id, id])
    expect(receiver.deliveries.map(({ path }) => path)).toEqual(['/webhook', '/webhook'])
  })

  it('the sender tries again after a timeout, a dropped connection and a refused connection', async () => {
    const receiver = await startWebhookReceiver({
      answer: (response, _received, nth) => {
        if (nth === 2) response.destroy()
        if (nth === 3) response.writeHead(200).end()
      },
    })
    const running = await startSandbox({ webhook: receiver.target, retryFirstMs: 10, webhookTimeoutMs: 60 })
    await emit(running, 1)
    await receiver.received(3)
    running.sandbox.setWebhook({ ...receiver.target, url: 'http://127.0.0.1:1/nobody' })
    await emit(running, 1, 'nobody')
    const outcomes = (): string[] => running.sandbox.story.of('delivery').map(({ outcome }) => outcome)
    await eventually(outcomes).toEqual(expect.arrayContaining(['timed-out', 'unreachable', 'delivered', 'unreachable']))
    expect(outcomes().slice(0, 3)).toEqual(['timed-out', 'unreachable', 'delivered'])
  })

  it('the sender waits about 5 s, then longer each time with jitter, up to 24 h, all divided by timeScale', async () => {
    const receiver = await startWebhookReceiver({ answer: (response) => response.writeHead(503).end() })
    // 10 s here stand for a day and more. 1 s of the schedule takes 0.1 ms here, an hour 360 ms.
    const running = await startSandbox({ webhook: receiver.target, timeScale: 10_000, horizonMs: 2 * 3_600_000 })
    const [id] = await emit(running, 1)
    await eventually(() => running.sandbox.story.of('delivery-abandoned').length, { timeout: 5_000, interval: 5 }).toBe(1)
    const waitsS = receiver.deliveries.slice(1).map(({ atMs }, index) => (atMs - (receiver.deliveries[index]?.atMs ?? 0)) * 10)
    expect(waitsS.length).toBeGreaterThanOrEqual(9)
    for (const [index, wait] of waitsS.entries()) {
      expect(wait).toBeGreaterThan(5 * 2 ** index * 0.75 - 50) // an arrival that is up to 5 ms late shortens the wait after it
      if (index > 6) expect(wait).toBeLessThan(5 * 2 ** index * 1.25 + 200) // 20 ms of timers and network here
    }
    const total = waitsS.reduce((sum, wait) => sum + wait, 0)
    expect(total).toBeLessThanOrEqual(2 * 3600)
    expect(await undelivered(running, id)).toBe(1)
    expect(running.sandbox.webhooks.pending).toEqual({ ready: 0, held: 0, waiting: 0, inFlight: 0 })
  })
})

describe('the delivery rate', () => {
  it('limits first tries and retries together', async () => {
    const receiver = await startWebhookReceiver({ answer: (response, _received, nth) => response.writeHead(nth % 2 ? 503 : 200).end() })
    const running = await startSandbox({ webhook: receiver.target, webhookRatePerSecond: 40, retryFirstMs: 1 })
    await emit(running, 21)
    const times = (await receiver.received(42)).map(({ atMs }) => atMs)
    const took = (times.at(-1) ?? 0) - (times[0] ?? 0)
    expect(took).toBeGreaterThan(950) // 1000 ms between the starts; arrivals jitter
    expect(took).toBeLessThan(2500)
  })

  it('can be thousands per second for load tests', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target, webhookRatePerSecond: 5000 })
    const expected = await emit(running, 1000)
    await receiver.received(1000)
    expect(new Set(ids(receiver))).toEqual(new Set(expected))
  })
})

describe('a delivery fault', () => {
  it('duplicate: delivers the same event more than once', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/faults', { on: 'delivery', do: 'duplicate', copies: 2, next: 1 })
    const [first, second] = await emit(running, 2)
    await receiver.received(4)
    expect(ids(receiver).filter((id) => id === first)).toHaveLength(3)
    expect(ids(receiver).filter((id) => id === second)).toHaveLength(1)
  })

  it('lose: never delivers the event, and lists it as undelivered', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target, retryFirstMs: 1 })
    await running.control('POST', '/faults', { on: 'delivery', do: 'lose', next: 1 })
    const [lost, arrived] = await emit(running, 2)
    await receiver.received(1)
    await eventually(() => undelivered(running, arrived)).toBe(0)
    expect(ids(receiver)).toEqual([arrived])
    expect(await undelivered(running, lost)).toBe(1)
    expect(running.sandbox.story.of('delivery-lost').map(({ eventId }) => eventId)).toEqual([lost])
  })

  it('reorder: delivers a later event first', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/faults', { on: 'delivery', do: 'reorder', next: 1 })
    const emittedAtMs = performance.now()
    const [first, second] = await emit(running, 2)
    await receiver.received(2)
    expect(ids(receiver)).toEqual([second, first])
    expect(performance.now() - emittedAtMs).toBeLessThan(1_500) // well before the hold of 2 s ends
  })

  it('reorder: does not take an earlier event in flight for a later one', async () => {
    const receiver = await startWebhookReceiver({
      answer: (response, _received, nth) => {
        if (nth > 1) response.end()
        else setTimeout(() => response.end(), 40)
      },
    })
    const running = await startSandbox({ webhook: receiver.target })
    const [first] = await emit(running, 1)
    await receiver.received(1)
    await running.control('POST', '/faults', { on: 'delivery', do: 'reorder', next: 1 })
    const [held] = await emit(running, 1, 'held')
    await eventually(() => undelivered(running, first)).toBe(0)
    const [last] = await emit(running, 1, 'last')
    await receiver.received(3)
    expect(ids(receiver)).toEqual([first, last, held])
  })

  it('reorder: delivers the event when no other follows', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/faults', { on: 'delivery', do: 'reorder', ms: 50, next: 1 })
    const expected = await emit(running, 1)
    await receiver.received(1)
    expect(ids(receiver)).toEqual(expected)
  })

  it('delay: delivers the event later by ms', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/faults', { on: 'delivery', do: 'delay', ms: 120, next: 1 })
    const emittedAtMs = performance.now()
    await emit(running, 1)
    const [delivery] = await receiver.received(1)
    expect((delivery?.atMs ?? 0) - emittedAtMs).toBeGreaterThanOrEqual(119)
  })

  it('by ratio hits about that share, the same events for the same seed, and by type only that type', async () => {
    const lost = async (): Promise<number[]> => {
      const receiver = await startWebhookReceiver()
      const running = await startSandbox({ webhook: receiver.target, webhookRatePerSecond: 5000 })
      await running.control('POST', '/faults', { on: 'delivery', do: 'lose', ratio: 0.3, type: 'identity.approved' })
      const emitted = await emit(running, 200)
      const missing = running.sandbox.story.of('delivery-lost').map(({ eventId }) => emitted.indexOf(eventId))
      const denied = await running.sandbox.populate({ count: 5, refIdPrefix: 'denied', decision: 'deny', deliver: true })
      await receiver.received(200 - missing.length + 5)
      expect(ids(receiver)).toEqual(expect.arrayContaining(denied.map(({ id }) => id)))
      return missing
    }
    const first = await lost()
    expect(first.length).toBeGreaterThan(35)
    expect(first.length).toBeLessThan(85)
    expect(await lost()).toEqual(first)
  })
})

describe('a pause of the webhook', () => {
  it('holds deliveries back and makes them on resume', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/webhook/pause')
    const expected = await emit(running, 3)
    expect((await running.control('GET', '/state')).body.deliveries).toMatchObject({ ready: 3, inFlight: 0 })
    await running.control('POST', '/webhook/resume', {})
    await receiver.received(3)
    expect(ids(receiver)).toEqual(expected)
  })

  it('of more than 24 h never delivers them afterwards: only List Events has them', async () => {
    const receiver = await startWebhookReceiver()
    const running = await startSandbox({ webhook: receiver.target })
    await running.control('POST', '/webhook/pause')
    const [missed] = await emit(running, 1)
    await running.control('POST', '/webhook/resume', { backlog: 'abandon' })
    const [next] = await emit(running, 1, 'next')
    await receiver.received(1)
    await eventually(() => undelivered(running, next)).toBe(0)
    expect(ids(receiver)).toEqual([next])
    expect(await undelivered(running, missed)).toBe(1)
    expect((await running.call('GET', '/events')).body.events.map(({ id }) => id)).toEqual([missed, next])
  })
})
