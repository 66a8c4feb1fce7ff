import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import type { WebhookTarget } from '../../src/sandbox/webhooks/webhook-target.ts'

interface Received {
  atMs: number
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
  /** The JSON of a delivery; an empty object for a token request. */
  json: Record<string, unknown>
  /** The sender's port, which identifies the connection. */
  remotePort: number | undefined
}

export interface WebhookReceiver {
  url: string
  /** An API-key target for `createSandbox`. */
  target: WebhookTarget
  /** Deliveries (POST /webhook) in the order of their arrival. */
  deliveries: Received[]
  /** Token requests (POST /token). */
  tokenRequests: Received[]
  /** Resolves once `count` deliveries have arrived. */
  received(count: number): Promise<Received[]>
}

type Answerer = (response: ServerResponse, received: Received, nth: number) => void

/** A real HTTP server that receives webhooks in place of Gatehouse. It answers 200 unless told otherwise. */
export async function startWebhookReceiver({
  answer = (response) => response.writeHead(200).end('{}'),
  answerToken = (response) => response.end(JSON.stringify({ access_token: 'webhook-token', token_type: 'Bearer', expires_in: 3600 })),
}: {
  answer?: Answerer
  answerToken?: Answerer
} = {}): Promise<WebhookReceiver> {
  const deliveries: Received[] = []
  const tokenRequests: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isToken = request.url === '/token'
      const body = Buffer.concat(chunks).toString()
      const received: Received = {
        atMs: performance.now(),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: isToken ? {} : JSON.parse(body),
        remotePort: request.socket.remotePort,
      }
      const list = isToken ? tokenRequests : deliveries
      list.push(received)
      if (isToken) answerToken(response, received, list.length)
      else answer(response, received, list.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    target: { url: `${url}/webhook`, auth: { kind: 'api-key', header: 'x-api-key', key: 'key-of-the-receiver' } },
    deliveries,
    tokenRequests,
    received: (count) =>
      vi.waitFor(
        () => {
          if (deliveries.length < count) throw new Error(`${deliveries.length} of ${count} deliveries`)
          return deliveries
        },
        { timeout: 5_000, interval: 5 },
      ),
  }
}
