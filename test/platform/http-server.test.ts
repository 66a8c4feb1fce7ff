import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { allowHosts } from '../../src/platform/allowed-hosts.ts'
import { createHttpServer, type HttpServerOptions } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { HttpProblem } from '../../src/platform/problem.ts'

const opened: FastifyInstance[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

interface Started {
  app: FastifyInstance
  port: number
  url: string
  metrics: Registry
  lines: () => Record<string, unknown>[]
}

/** A server at LOG_LEVEL=trace with a few routes, on a free port. */
async function start(options: Partial<HttpServerOptions> = {}, prepare: (app: FastifyInstance) => void = () => {}): Promise<Started> {
  const written: string[] = []
  const logger = createLogger({ level: 'trace', destination: { write: (line) => written.push(line) } })
  const metrics = new Registry()
  const app = await createHttpServer({ logger, bodyLimitBytes: 10_000, metrics, readiness: [], ...options })
  opened.push(app)
  prepare(app)
  app.post('/echo', (request) => ({ got: request.body }))
  app.get('/echo', () => ({}))
  app.post('/closed', {
    onRequest: async () => {
      throw new HttpProblem(401, 'TOKEN_MISSING', 'No.')
    },
    handler: () => ({}),
  })
  app.get('/slow', async () => {
    await sleep(500)
    return { done: true }
  })
  app.get('/away', async () => {
    throw new HttpProblem(503, 'SERVICE_UNAVAILABLE', 'Away.', { retryAfterSeconds: 5 })
  })
  app.get('/broken', async () => {
    throw new Error('a fault of ours')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { app, port, url: `http://127.0.0.1:${port}`, metrics, lines: () => written.map((line) => JSON.parse(line)) }
}

/** Everything that the server sends until it closes the connection, and the milliseconds until then. */
function talk(port: number, bytes: string | Buffer, { giveUpMs = 8_000 } = {}): Promise<{ text: string; ms: number; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const startedAt = performance.now()
    let text = ''
    const end = (closed: boolean): void => resolve({ text, ms: performance.now() - startedAt, closed })
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => end(true))
    setTimeout(() => {
      end(false)
      socket.destroy()
    }, giveUpMs).unref()
    socket.write(bytes)
  })
}

const bodyOf = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4))

describe('F51: when bytes arrive that are not a request', () => {
  it.each([
    ['junk', 'JUNK\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['binary junk', Buffer.from([0, 255, 22, 3, 1, 13, 10, 13, 10]), 400, 'REQUEST_MALFORMED'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['two lengths', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400, 'REQUEST_MALFORMED'],
    ['20 KiB of header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('the server answers %s with a problem document, goes on, and logs none of the bytes', async (_what, bytes, status, code) => {
    const server = await start()
    const { text, closed } = await talk(server.port, bytes)
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z]`))
    expect(text).toContain('Content-Type: application/problem+json')
    expect(bodyOf(text)).toMatchObject({ status, code })
    expect(closed).toBe(true)
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
    expect(JSON.stringify(server.lines())).not.toMatch(/JUNK|rawPacket|"data":\[|aaaa/)
    expect(await server.metrics.getSingleMetricAsString('gatehouse_http_refused_connections_total')).toContain(`code="${code}"} 1`)
  })

  it('the server answers a path with bad percent-encoding with a problem document', async () => {
    const { port } = await start()
    const { text } = await talk(port, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(text).toContain('application/problem+json')
    expect(text).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('F56: when a sender is slow or opens many connections', () => {
  it('the server answers 408 and closes when headers or body do not arrive in time', async () => {
    const { port } = await start({ limits: { requestTimeoutMs: 500 } })
    const answers = await Promise.all([
      talk(port, 'GET /echo HTTP/1.1\r\nHost: x\r\n'),
      talk(port, 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n{"id"'),
      talk(port, ''),
    ])
    for (const { closed, ms } of answers) expect({ closed, inTime: ms < 4_000 }).toEqual({ closed: true, inTime: true })
    expect(bodyOf(answers[0].text)).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' })
    expect(bodyOf(answers[1].text)).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' })
  })

  it('c13: the server closes the connection when the sender stalls inside its body and never reads', async () => {
    const { port } = await start({ limits: { requestTimeoutMs: 300 } })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n{"id"')
    await closed
  })

  it('the server closes the connection when it refuses before the body', async () => {
    const { port } = await start()
    const { text, ms, closed } = await talk(
      port,
      'POST /closed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n',
    )
    expect(text).toMatch(/^HTTP\/1.1 401 /)
    expect(text.toLowerCase()).toContain('connection: close')
    expect({ closed, atOnce: ms < 1_000 }).toEqual({ closed: true, atOnce: true })
  })

  it('the server closes connections above the limit per address, and accepts new ones when others have closed', async () => {
    const { port, url, metrics, lines } = await start({ limits: { maxConnectionsPerAddress: 5 } })
    const held = Array.from({ length: 5 }, () => connect(port, '127.0.0.1'))
    await vi.waitFor(() => expect(held.every(({ readyState }) => readyState === 'open')).toBe(true))
    expect(await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ text: '', closed: true })
    expect(await metrics.getSingleMetricAsString('gatehouse_http_refused_connections_total')).toContain('code="CONNECTIONS_ADDRESS"} 1')
    expect(lines()).toContainEqual(expect.objectContaining({ limit: 'address', count: 1 }))
    for (const socket of held) socket.destroy()
    await vi.waitFor(async () => expect((await fetch(`${url}/health/live`)).status).toBe(200))
  })

  it('the server closes connections above its own limit', async () => {
    const { port } = await start({ limits: { maxConnections: 2 } })
    const held = Array.from({ length: 2 }, () => connect(port, '127.0.0.1'))
    await vi.waitFor(() => expect(held.every(({ readyState }) => readyState === 'open')).toBe(true))
    expect(await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ text: '', closed: true })
    for (const socket of held) socket.destroy()
  })
})

describe('c13: when the server closes', () => {
  it('it waits for answers in progress and not for a stalled sender', async () => {
    const { app, port, url } = await start()
    const stalled = talk(port, 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n{"id"')
    const silent = talk(port, '')
    const slow = fetch(`${url}/slow`)
    await sleep(100)
    const startedAt = performance.now()
    await app.close()
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(await (await slow).json()).toEqual({ done: true })
    expect([await stalled, await silent]).toMatchObject([{ closed: true }, { closed: true }])
  })
})

describe('c22: keep-alive connections', () => {
  it('stay open longer than common load balancers keep theirs, and for as long as configured', async () => {
    const byDefault = await start()
    expect((await fetch(`${byDefault.url}/echo`)).headers.get('keep-alive')).toBe('timeout=620')
    const set = await start({ limits: { keepAliveMs: 30_000 } })
    expect((await fetch(`${set.url}/echo`)).headers.get('keep-alive')).toBe('timeout=30')
  })
})

describe('F28: when the method or the media type is wrong', () => {
  it('the server answers 405 with Allow when the path has other methods, and 404 when it has none', async () => {
    const { url } = await start()
    const wrong = await fetch(`${url}/echo`, { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST')
    expect(await wrong.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', detail: expect.stringContaining('GET, HEAD, POST') })
    expect(await (await fetch(`${url}/nothing`)).json()).toMatchObject({ status: 404, code: 'ROUTE_UNKNOWN' })
  })

  it('c30: the server answers 415 for text/plain, for a form and for no media type', async () => {
    const { url } = await start()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/cloudevents+json']) {
      const answer = await fetch(`${url}/echo`, { method: 'POST', headers: { 'content-type': type }, body: '{}' })
      expect([answer.status, await answer.json()]).toMatchObject([415, { code: 'MEDIA_TYPE_UNSUPPORTED' }])
    }
    expect((await fetch(`${url}/echo`, { method: 'POST', body: Buffer.from('{}') })).status).toBe(415)
  })

  it('F70: the server answers 415 for a body with a content encoding', async () => {
    const { url } = await start()
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const answer = await fetch(`${url}/echo`, { method: 'POST', headers, body: '{}' })
    expect([answer.status, await answer.json()]).toMatchObject([415, { code: 'ENCODING_UNSUPPORTED' }])
    expect(answer.headers.get('accept-encoding')).toBe('identity')
  })
})

describe('F70: the cost of a refusal', () => {
  it('is an answer of a few kilobytes for any number of wrong fields and any length of names', () => {
    const errors = Array.from({ length: 10_000 }, (_, at) => ({ field: `${'x'.repeat(5_000)}.${at}`, message: 'is not a known field' }))
    const body = JSON.stringify(new HttpProblem(400, 'REQUEST_INVALID', 'x'.repeat(1_000_000), { errors }))
    expect(body.length).toBeLessThan(20_000)
    expect(JSON.parse(body).errors.at(-1)).toEqual({ field: '(more)', message: '9950 further errors' })
  })

  it('is 421 for a host name that is not allowed, except for health', async () => {
    const { port, url } = await start({}, (app) => allowHosts(app, ['gatehouse.example', '127.0.0.1']))
    const status = async (host: string, path = '/echo'): Promise<string | undefined> =>
      /^HTTP\/1.1 (\d+)/.exec((await talk(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).text)?.[1]
    expect(await status('evil.example')).toBe('421')
    expect(await status('GATEHOUSE.example:8081')).toBe('200')
    expect(await status('evil.example', '/health/live')).toBe('200')
    expect((await fetch(`${url}/echo`)).status).toBe(200)
  })
})

describe('F32: the log of a refusal', () => {
  it('is one warning without a stack for a 503, and an error with its stack for a bug', async () => {
    const { url, lines } = await start()
    await fetch(`${url}/away`)
    expect(lines().filter(({ level }) => level === 40)).toMatchObject([{ code: 'SERVICE_UNAVAILABLE', route: 'GET /away', status: 503 }])
    expect(JSON.stringify(lines())).not.toContain('stack')
    await fetch(`${url}/broken`)
    expect(lines().filter(({ level }) => level === 50)).toMatchObject([{ err: { stack: expect.stringContaining('a fault of ours') } }])
  })
})

describe('F57: health and metrics', () => {
  it('render metrics and check the stores at most once a second, for any number of callers', async () => {
    let asked = 0
    const check = async (): Promise<void> => {
      asked += 1
    }
    const { url, metrics } = await start({ readiness: [{ name: 'store', check }] })
    const render = vi.spyOn(metrics, 'metrics')
    await Promise.all(Array.from({ length: 50 }, () => Promise.all([fetch(`${url}/metrics`), fetch(`${url}/health/ready`)])))
    expect(asked).toBeLessThanOrEqual(2)
    expect(render.mock.calls.length).toBeLessThanOrEqual(2)
  })

  it('give the metrics only to the bearer of the token, and to no caller when they are closed', async () => {
    const behindToken = await start({ metricsAccess: { token: 'a-metrics-token-0001' } })
    const ask = async (url: string, authorization?: string): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers: authorization ? { authorization } : {} })).status
    expect(await ask(behindToken.url)).toBe(401)
    expect(await ask(behindToken.url, 'Bearer wrong')).toBe(401)
    expect(await ask(behindToken.url, 'Bearer a-metrics-token-0001')).toBe(200)
    const closed = await start({ metricsAccess: 'closed' })
    expect(await ask(closed.url, 'Bearer a-metrics-token-0001')).toBe(401)
    expect((await fetch(`${closed.url}/health/ready`)).status).toBe(200)
  })
})
