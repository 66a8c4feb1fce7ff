import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Pool } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AddressPolicy, EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { guardedConnect } from '../../src/platform/guarded-connect.ts'
import { ExchangeFailedError, exchange, type HttpAnswer } from '../../src/platform/http-exchange.ts'

const CERTIFICATE = fileURLToPath(new URL('tls/localhost.crt', import.meta.url))
const KEY = fileURLToPath(new URL('tls/localhost.key', import.meta.url))

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function startServer(answer: RequestListener = (_, response) => response.end('here')): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    answer(request, response)
  })
  return { port: await listening(server), requests }
}

/** One GET through a pool that connects as the notification channel and the Paxos client do. */
async function get(origin: string, policy: AddressPolicy, lookup?: LookupFunction): Promise<HttpAnswer> {
  const pool = new Pool(origin, { connect: guardedConnect({ policy, timeoutMs: 2_000, ...(lookup ? { lookup } : {}) }) })
  onTestFinished(() => pool.destroy())
  return exchange(pool, { method: 'GET', path: '/', headers: {} }, { timeoutMs: 3_000, until: 'end' })
}

/** A DNS with these addresses for a name, which may differ at each look-up. */
function dns(...answers: string[][]): LookupFunction {
  let asked = 0
  return (_, options, callback) => {
    const found = (answers[Math.min(asked++, answers.length - 1)] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
    if (options.all) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  }
}

const PRODUCTION: AddressPolicy = { networks: ['public', 'private'], ranges: [] }
const refused = { sent: false, cause: { code: 'ADDRESS_NOT_ALLOWED' } }

describe('an outgoing connection', () => {
  it('is made when the policy allows the address, by address and by name', async () => {
    const { port } = await startServer()
    expect(await get(`http://127.0.0.1:${port}`, EVERY_NETWORK)).toMatchObject({ status: 200, text: 'here' })
    expect(await get(`http://app.test:${port}`, EVERY_NETWORK, dns(['127.0.0.1']))).toMatchObject({ status: 200 })
    expect(await get(`http://localhost:${port}`, { networks: [], ranges: ['127.0.0.0/8'] })).toMatchObject({ status: 200 })
  })

  it('is refused before the first byte when the policy does not allow the address', async () => {
    const { port, requests } = await startServer()
    for (const origin of [
      `http://127.0.0.1:${port}`,
      `http://[::1]:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
      'http://169.254.169.254',
    ])
      await expect(get(origin, PRODUCTION)).rejects.toMatchObject(refused)
    await expect(get(`http://2130706433:${port}`, PRODUCTION)).rejects.toMatchObject(refused) // 127.0.0.1 as one number
    expect(requests).toEqual([])
  })

  it('is refused for a name without an allowed address, and names its addresses', async () => {
    const { port, requests } = await startServer()
    const error = await get(`http://app.test:${port}`, PRODUCTION, dns(['127.0.0.1', '169.254.169.254'])).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ExchangeFailedError)
    expect(error).toMatchObject(refused)
    expect((error as ExchangeFailedError).cause).toMatchObject({
      message: 'app.test is at 127.0.0.1 (loopback), 169.254.169.254 (link-local), which OUTGOING_NETWORKS does not allow',
    })
    expect(requests).toEqual([])
  })

  it('uses the allowed address of a name with several', async () => {
    const { port } = await startServer()
    const policy = { networks: [], ranges: ['127.0.0.1/32'] }
    expect(await get(`http://app.test:${port}`, policy, dns(['169.254.169.254', '127.0.0.1']))).toMatchObject({ status: 200 })
  })

  it('is checked at each connection, so that a name with changing addresses gains nothing', async () => {
    const { port, requests } = await startServer((_, response) => response.setHeader('connection', 'close').end('here'))
    const lookup = dns(['127.0.0.1'], ['169.254.169.254'])
    const pool = new Pool(`http://app.test:${port}`, { connect: guardedConnect({ policy: EVERY_NETWORK, timeoutMs: 2_000, lookup }) })
    onTestFinished(() => pool.destroy())
    const ask = () => exchange(pool, { method: 'GET', path: '/', headers: {} }, { timeoutMs: 3_000, until: 'end' })
    expect(await ask()).toMatchObject({ status: 200 })
    await expect(ask()).rejects.toMatchObject(refused)
    expect(requests).toHaveLength(1)
  })

  it('follows no redirect', async () => {
    const other = await startServer()
    const { port } = await startServer((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end())
    expect(await get(`http://127.0.0.1:${port}`, EVERY_NETWORK)).toMatchObject({ status: 302 })
    expect(other.requests).toEqual([])
  })
})

describe('an outgoing connection of a process', () => {
  /** The status, or the code of the failure, as a process with these variables gets it. */
  async function statusOf(origin: string, env: Record<string, string>): Promise<string> {
    const at = (path: string): string => JSON.stringify(new URL(`../../src/platform/${path}`, import.meta.url).href)
    const script = `
      import { Pool } from 'undici'
      import { guardedConnect } from ${at('guarded-connect.ts')}
      import { exchange } from ${at('http-exchange.ts')}
      import { EVERY_NETWORK } from ${at('address-policy.ts')}
      const pool = new Pool(${JSON.stringify(origin)}, { connect: guardedConnect({ policy: EVERY_NETWORK, timeoutMs: 5000 }) })
      const answer = await exchange(pool, { method: 'GET', path: '/', headers: {} }, { timeoutMs: 5000, until: 'end' }).catch(({ cause }) => ({ status: cause.code }))
      console.log(answer.status)
      await pool.destroy()`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    })
    return stdout.trim()
  }

  it('accepts only certificates that it can verify, and knows your own CA by NODE_EXTRA_CA_CERTS', async () => {
    const server = createTlsServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, (_, response) => response.end('here'))
    const origin = `https://localhost:${await listening(server)}`
    expect(await statusOf(origin, {})).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(await statusOf(origin, { NODE_EXTRA_CA_CERTS: CERTIFICATE })).toBe('200')
  })

  it('uses no proxy from the environment', async () => {
    const { port } = await startServer()
    const proxy = await startServer()
    const variables = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [name, `http://127.0.0.1:${proxy.port}`])
    expect(await statusOf(`http://127.0.0.1:${port}`, Object.fromEntries(variables))).toBe('200')
    expect(proxy.requests).toEqual([])
  })
})
