import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NoticeSend } from './history-checker.ts'

export interface NoticeLog {
  url: string
  /** Everything that ever arrived. */
  sends: NoticeSend[]
  /** What it does from now on. It answers 204 by default. */
  reply(next: (response: ServerResponse) => void): void
  /** Cuts its connections and refuses new ones until it is up again. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

export const takeNotice = (response: ServerResponse): void => void response.writeHead(204).end()

/** The brokerage's own application, which remembers each notification and whether it could answer. */
export async function startNoticeLog(): Promise<NoticeLog> {
  const sends: NoticeSend[] = []
  let reply = takeNotice
  const open = async (port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('error', () => {})
      request.on('end', () => {
        const send = {
          key: String(request.headers['webhook-id']),
          body: Buffer.concat(chunks).toString(),
          atMs: Date.now(),
          answered: false,
        }
        sends.push(send)
        response.on('finish', () => {
          send.answered = response.statusCode < 500
        })
        reply(response)
      })
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return server
  }
  let server: Server | null = await open(0)
  const { port } = server.address() as AddressInfo
  const down = async (): Promise<void> => {
    const closing = server
    server = null
    closing?.closeAllConnections()
    await new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()))
  }
  return {
    url: `http://127.0.0.1:${port}/notices`,
    sends,
    reply: (next) => {
      reply = next
    },
    down,
    up: async () => {
      server ??= await open(port)
    },
    close: down,
  }
}
