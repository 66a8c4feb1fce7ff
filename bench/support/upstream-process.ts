/** Paxos's API as a stub, and the application that accepts the notifications, in one light process. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runProgram } from './program.ts'
import { createStubPaxos } from './stub-paxos.ts'
import type { UpstreamCounts, UpstreamQuestion, UpstreamUrls } from './upstream.ts'

const paxos = createStubPaxos()
const noticeKeys = new Set<string>()
let notices = 0

await runProgram<{ latencyMs: number }, UpstreamQuestion, UpstreamUrls>(async ({ latencyMs }) => {
  const server = createServer((request, response) => serve(request, response, latencyMs))
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ready: { apiUrl: `${origin}/v2`, tokenUrl: `${origin}/oauth2/token`, noticeUrl: `${origin}/notices` },
    answer: (question): UpstreamCounts | null => {
      if (question === 'counts') return { ...paxos.counts(), notices, noticeKeys: noticeKeys.size }
      if (question === 'restart counts') paxos.restartCounts()
      else {
        paxos.load(question.load)
        noticeKeys.clear()
        notices = 0
      }
      return null
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
})

function serve(request: IncomingMessage, response: ServerResponse, latencyMs: number): void {
  const { method = '', url = '/' } = request
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    if (url === '/notices') return takeNotice(request, response)
    const answer = paxos.answer(method, url, body)
    const send = (): void => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer.body) }
      response.writeHead(answer.status, headers).end(answer.body)
    }
    if (latencyMs > 0) setTimeout(send, latencyMs)
    else send()
  })
}

function takeNotice({ headers }: IncomingMessage, response: ServerResponse): void {
  notices += 1
  noticeKeys.add(String(headers['webhook-id']))
  response.writeHead(204).end()
}
