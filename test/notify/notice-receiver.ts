import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Delivery {
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export interface NoticeReceiver {
  url: string
  deliveries: Delivery[]
  /** What it does from now on. It answers 204 by default. */
  reply: (next: (response: ServerResponse) => void) => void
  /** Refuses connections from then on. */
  stop: () => Promise<void>
  connections: () => number
}

/** The brokerage's own application: a real HTTP server that does what a test tells it. It closes when the test ends. */
export async function startNoticeReceiver(): Promise<NoticeReceiver> {
  const deliveries: Delivery[] = []
  let reply = (response: ServerResponse): void => {
    response.writeHead(204).end()
  }
  let connections = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      deliveries.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
      reply(response)
    })
  })
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/gatehouse?tenant=7`,
    deliveries,
    reply: (next) => {
      reply = next
    },
    stop,
    connections: () => connections,
  }
}
