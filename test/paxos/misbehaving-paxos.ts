import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { createPaxosClient, type PaxosClient } from '../../src/paxos/paxos-client.ts'
import { type Budget, createBudget } from '../../src/paxos/transport/budget.ts'
import { type BudgetLimits, NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'

interface SeenRequest {
  method: string
  url: string
  authorization: string | undefined
  body: string
}

/** Answers one request, or leaves it unanswered. `seen` holds the request with its body. */
export type Reply = (seen: SeenRequest, response: ServerResponse, request: IncomingMessage) => void

export interface MisbehavingPaxos {
  paxos: PaxosClient
  budget: Budget
  /** Requests to the API, in order. */
  seen: SeenRequest[]
  /** Requests to the token endpoint, in order. */
  tokenRequests: SeenRequest[]
  /** Sets the answer of the API from now on. */
  reply: (next: Reply) => void
  /** Sets the answer of the token endpoint from now on; a valid token by default. */
  replyToken: (next: Reply) => void
  metrics: Registry
  /** Every log line, as JSON. */
  log: () => string
  url: string
  /** Stops the server. New connections are refused from then on. */
  stop: () => Promise<void>
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export const tokenAnswer = (over: Record<string, unknown> = {}): Reply => {
  let issued = 0
  return (seen, response, request) => {
    issued++
    json(200, {
      access_token: `token-${issued}`,
      expires_in: 3599,
      scope: new URLSearchParams(seen.body).get('scope'),
      token_type: 'bearer',
      ...over,
    })(seen, response, request)
  }
}

/** Gives the answers one after another and repeats the last one. */
export const inTurn = (...replies: Reply[]): Reply => {
  let turn = 0
  return (...call) => replies[Math.min(turn++, replies.length - 1)]!(...call)
}

/** A real HTTP server that behaves as a test tells it, and a client of it. Both close when the test ends. */
export async function startMisbehavingPaxos(
  options: {
    timeoutMs?: number
    limits?: BudgetLimits
    accountsClass?: 'identity' | 'general'
    now?: () => number
    connections?: number
    apiUrl?: string
    tokenUrl?: string
  } = {},
): Promise<MisbehavingPaxos> {
  const seen: SeenRequest[] = []
  const tokenRequests: SeenRequest[] = []
  let reply: Reply = json(500, {})
  let replyToken = tokenAnswer()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const call = { method, url, authorization: headers.authorization, body: Buffer.concat(chunks).toString() }
      const isToken = url.startsWith('/oauth2/token')
      ;(isToken ? tokenRequests : seen).push(call)
      ;(isToken ? replyToken : reply)(call, response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const lines: string[] = []
  const metrics = new Registry()
  const clock = options.now ? { now: options.now } : {}
  const budget = createBudget({ limits: options.limits ?? NO_LIMITS, ...clock })
  const paxos = createPaxosClient({
    apiUrl: options.apiUrl ?? `${url}/v2`,
    tokenUrl: options.tokenUrl ?? `${url}/oauth2/token`,
    outgoing: EVERY_NETWORK,
    clientId: 'a-client',
    clientSecret: 'a-secret-that-nobody-sees',
    timeoutMs: options.timeoutMs ?? 5_000,
    budget,
    ...(options.accountsClass === undefined ? {} : { accountsClass: options.accountsClass }),
    logger: createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } }),
    metrics,
    ...(options.connections === undefined ? {} : { connections: options.connections }),
    ...clock,
  })
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(async () => {
    await stop()
    await paxos.close()
  })
  return {
    paxos,
    budget,
    seen,
    tokenRequests,
    reply: (next) => {
      reply = next
    },
    replyToken: (next) => {
      replyToken = next
    },
    metrics,
    log: () => lines.join(''),
    url,
    stop,
  }
}
