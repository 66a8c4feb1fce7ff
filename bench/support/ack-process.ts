/** One server that acknowledges webhooks: Gatehouse's receiver, or a server to compare it with. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { createEventAcceptor } from '../../src/inbox/accept-events.ts'
import { createHttpServer } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { registerReceiver } from '../../src/receive/register-receiver.ts'
import { API_KEY, API_KEY_HEADER } from './load.ts'
import { runProgram } from './program.ts'

interface Settings {
  side: 'receiver' | 'bare-fastify' | 'bare-http'
  databaseUrl: string
  writers: number
}

interface Server {
  /** Its origin. */
  url: string
  close(): Promise<unknown>
}

await runProgram<Settings, never, string>(async (settings) => {
  const open = { receiver: openReceiver, 'bare-fastify': openFastify, 'bare-http': openHttp }[settings.side]
  const { url, close } = await open(settings)
  return { ready: `${url}/webhooks/paxos`, answer: () => null, close: async () => void (await close()) }
})

/** The receiver as `gatehouse receiver` runs it, without a queue. */
async function openReceiver({ databaseUrl, writers }: Settings): Promise<Server> {
  const metrics = new Registry()
  const logger = createLogger({ level: 'warn' })
  const acceptor = createEventAcceptor({ connectionString: databaseUrl, logger, metrics, writers })
  const app = await createHttpServer({ logger, bodyLimitBytes: 16_384, metrics, readiness: [] })
  await registerReceiver(app, {
    accept: acceptor.accept,
    metrics,
    authenticators: { enabled: ['api-key'], apiKeyHeader: API_KEY_HEADER, apiKeys: [API_KEY], oauthClients: [], signingSecrets: [] },
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, close: () => app.close().then(() => acceptor.close()) }
}

/** Parses the same body and checks the same header, and stores nothing. */
async function openFastify(): Promise<Server> {
  const app = Fastify()
  app.post('/webhooks/paxos', async (request, reply) => {
    if (request.headers[API_KEY_HEADER] !== API_KEY) return reply.code(401).send({ status: 'unauthenticated' })
    const { id, type } = request.body as { id: string; type: string }
    return { status: id && type ? 'accepted' : 'malformed' }
  })
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

/** The same without a framework. */
async function openHttp(): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, type } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string; type: string }
      const known = request.headers[API_KEY_HEADER] === API_KEY && id && type
      const body = JSON.stringify({ status: known ? 'accepted' : 'malformed' })
      response.writeHead(known ? 200 : 400, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
