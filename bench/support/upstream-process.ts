/**
 * A stub of Paxos as light as can be, since it shares the machine with what is measured: the few routes that an onboarding
 * needs, in the shapes of paxos/api.md 1.2, 3, 4.9 and 5, answered from memory, counted. It checks nothing that the simulator
 * checks, and takes the notices too.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runProgram } from './program.ts'
import type { ApprovedEvent, UpstreamCounts, UpstreamQuestion, UpstreamUrls } from './upstream.ts'

interface Stored {
  at: number
  event: string
  identity: string
}

const PAGE = 100
const NOT_FOUND = '{"type":"about:blank","title":"Not Found","status":404}'

let inOrder: Stored[] = []
const byEvent = new Map<string, string>()
const byIdentity = new Map<string, string>()
const accounts = new Map<string, { id: string; identityId: string; refId: string; body: string }>()
const accountOfRef = new Map<string, string>()
const noticeKeys = new Set<string>()
let notices = 0
let calls: Record<string, number> = {}

await runProgram<{ latencyMs: number }, UpstreamQuestion, UpstreamUrls>(async ({ latencyMs }) => {
  const server = createServer((request, response) => serve(request, response, latencyMs))
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ready: { apiUrl: `${origin}/v2`, tokenUrl: `${origin}/oauth2/token`, noticeUrl: `${origin}/notices` },
    answer: (question) => {
      if (question === 'counts') return counts()
      if (question === 'restart counts') calls = {}
      else fill(question.load)
      return null
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
})

function counts(): UpstreamCounts {
  const owners = new Set([...accounts.values()].map(({ identityId }) => identityId))
  return { calls, accounts: accounts.size, identitiesWithAccount: owners.size, notices, noticeKeys: noticeKeys.size }
}

function fill(events: readonly ApprovedEvent[]): void {
  for (const state of [byEvent, byIdentity, accounts, accountOfRef, noticeKeys]) state.clear()
  notices = 0
  calls = {}
  inOrder = events.map(({ id, identityId, at }) => {
    const time = new Date(at).toISOString()
    const object = { id: randomUUID(), identity_id: identityId, old_summary_status: 'PENDING', new_summary_status: 'APPROVED' }
    const event = JSON.stringify({
      id,
      type: 'identity.approved',
      object_type: 'identity_summary_status_change',
      object,
      created_at: time.replace('Z', '000001Z'),
      undelivered_webhooks: 0,
    })
    const identity = JSON.stringify({
      id: identityId,
      type: 'PERSON',
      ref_id: `user-${identityId}`,
      status: 'APPROVED',
      summary_status: 'APPROVED',
      created_at: new Date(at - 5_000).toISOString(),
      updated_at: time,
    })
    byEvent.set(id, event)
    byIdentity.set(identityId, identity)
    return { at, event, identity }
  })
}

function serve(request: IncomingMessage, response: ServerResponse, latencyMs: number): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream')
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    if (pathname === '/notices') return takeNotice(request, response)
    const [operation, status, answer] = answerOf(`${request.method} ${pathname}`, searchParams, body)
    calls[operation] = (calls[operation] ?? 0) + 1
    const send = (): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) }).end(answer)
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

function answerOf(call: string, query: URLSearchParams, body: string): [operation: string, status: number, answer: string] {
  const id = call.slice(call.lastIndexOf('/') + 1)
  const found = (operation: string, answer: string | undefined): [string, number, string] =>
    answer === undefined ? [operation, 404, NOT_FOUND] : [operation, 200, answer]
  if (call === 'GET /v2/events') return ['events.list', 200, page(query, 'created_at', 'events', ({ event }) => event)]
  if (call === 'GET /v2/identity/identities')
    return ['identities.list', 200, page(query, 'updated_at', 'items', ({ identity }) => identity)]
  if (call === 'POST /v2/identity/accounts') return createAccount(body)
  if (call === 'GET /v2/identity/accounts') return ['accounts.list', 200, accountsOf(query.get('identity_id'))]
  if (call.startsWith('GET /v2/events/')) return found('events.get', byEvent.get(id))
  if (call.startsWith('GET /v2/identity/identities/')) return found('identities.get', byIdentity.get(id))
  if (call.startsWith('GET /v2/identity/accounts/')) return found('accounts.get', accounts.get(id)?.body)
  if (call === 'POST /oauth2/token') return ['token', 200, '{"access_token":"an-invented-token","expires_in":3599,"token_type":"bearer"}']
  return [call, 404, NOT_FOUND]
}

/** A page of what lies within the times (`<name>.gte`, `.lt`), in the order of creation; the cursor is where the next one begins. */
function page(query: URLSearchParams, time: string, key: string, pick: (stored: Stored) => string): string {
  const cursor = query.get('page_cursor')
  const from = cursor ? Number(cursor) : firstFrom(query.get(`${time}.gte`) ?? '', 0)
  const last = firstFrom(query.get(`${time}.lt`) ?? '', inOrder.length)
  const end = Math.min(from + Number(query.get('limit') ?? PAGE), last)
  const items = inOrder.slice(from, end).map(pick).join(',')
  return `{"${key}":[${items}],"next_page_cursor":"${end < last ? end : ''}"}`
}

/** The place of the first one at or after `time`. */
function firstFrom(time: string, otherwise: number): number {
  if (time === '') return otherwise
  const at = Date.parse(time)
  let [low, high] = [0, inOrder.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (inOrder[middle]!.at < at) low = middle + 1
    else high = middle
  }
  return low
}

function createAccount(body: string): [string, number, string] {
  const operation = 'accounts.create'
  const { account } = JSON.parse(body) as { account: { identity_id: string; ref_id: string; type: string } }
  const existing = accountOfRef.get(account.ref_id)
  if (existing !== undefined) {
    const type = 'https://developer.paxos.com/docs/v2/problems/already-exists'
    return [operation, 409, JSON.stringify({ type, title: 'Already Exists', status: 409, meta: { existing: { id: existing } } })]
  }
  const id = randomUUID()
  const now = new Date().toISOString()
  const answer = JSON.stringify({
    id,
    ...account,
    profile_id: randomUUID(),
    members: [],
    summary_status: 'APPROVED',
    admin_disabled: false,
    user_disabled: false,
    created_at: now,
    updated_at: now,
  })
  accounts.set(id, { id, identityId: account.identity_id, refId: account.ref_id, body: answer })
  accountOfRef.set(account.ref_id, id)
  return [operation, 200, answer]
}

function accountsOf(identityId: string | null): string {
  const own = [...accounts.values()].filter((account) => account.identityId === identityId)
  return `{"items":[${own.map(({ body }) => body).join(',')}],"next_page_cursor":""}`
}
