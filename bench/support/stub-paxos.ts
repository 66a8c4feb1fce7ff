import { randomUUID } from 'node:crypto'
import type { ApprovedEvent } from './upstream.ts'

/** What the stub has received. */
export interface StubCounts {
  /** Calls by operation (`events.list`, `accounts.create`) since the last reset of the counts. */
  calls: Record<string, number>
  /** Since the events were loaded. */
  accounts: number
  identitiesWithAccount: number
}

export interface StubAnswer {
  operation: string
  status: number
  body: string
}

/**
 * A light stub of Paxos, because it shares the machine with the measured code: the routes that an onboarding needs, in the format of
 * paxos/api.md 1.2, 3, 4.9 and 5. It answers from memory, counts calls, and makes none of the simulator's checks.
 */
export interface StubPaxos {
  /** Removes everything, and loads these events and their identities. */
  load(events: readonly ApprovedEvent[]): void
  /** `target`: path and query. */
  answer(method: string, target: string, body: string): StubAnswer
  counts(): StubCounts
  restartCounts(): void
}

interface Stored {
  at: number
  event: string
  identity: string
}

const PAGE = 100
const NOT_FOUND = '{"type":"about:blank","title":"Not Found","status":404}'

export function createStubPaxos(): StubPaxos {
  let inOrder: Stored[] = []
  const byEvent = new Map<string, string>()
  const byIdentity = new Map<string, string>()
  const accounts = new Map<string, { identityId: string; body: string }>()
  const accountOfRef = new Map<string, string>()
  let calls: Record<string, number> = {}

  /** A page of the items within the times (`<name>.gte`, `.lt`), in the order of creation. The cursor is the position of the next page. */
  const page = (query: URLSearchParams, time: string, key: string, pick: (stored: Stored) => string): string => {
    const cursor = query.get('page_cursor')
    const from = cursor ? Number(cursor) : firstFrom(inOrder, query.get(`${time}.gte`) ?? '', 0)
    const last = firstFrom(inOrder, query.get(`${time}.lt`) ?? '', inOrder.length)
    const end = Math.min(from + Number(query.get('limit') ?? PAGE), last)
    const items = inOrder.slice(from, end).map(pick).join(',')
    return `{"${key}":[${items}],"next_page_cursor":"${end < last ? end : ''}"}`
  }

  const accountsOf = (identityId: string | null): string => {
    const own = [...accounts.values()].filter((account) => account.identityId === identityId)
    return `{"items":[${own.map(({ body }) => body).join(',')}],"next_page_cursor":""}`
  }

  const createAccount = (body: string): StubAnswer => {
    const operation = 'accounts.create'
    const { account } = JSON.parse(body) as { account: { identity_id: string; ref_id: string; type: string } }
    const existing = accountOfRef.get(account.ref_id)
    if (existing !== undefined) {
      const type = 'https://developer.paxos.com/docs/v2/problems/already-exists'
      const problem = { type, title: 'Already Exists', status: 409, meta: { existing: { id: existing } } }
      return { operation, status: 409, body: JSON.stringify(problem) }
    }
    const id = randomUUID()
    const now = new Date().toISOString()
    const standing = {
      members: [],
      summary_status: 'APPROVED',
      admin_disabled: false,
      user_disabled: false,
      created_at: now,
      updated_at: now,
    }
    const answer = JSON.stringify({ id, ...account, profile_id: randomUUID(), ...standing })
    accounts.set(id, { identityId: account.identity_id, body: answer })
    accountOfRef.set(account.ref_id, id)
    return { operation, status: 200, body: answer }
  }

  const route = (call: string, query: URLSearchParams, body: string): StubAnswer => {
    const id = call.slice(call.lastIndexOf('/') + 1)
    const found = (operation: string, answer: string | undefined): StubAnswer =>
      answer === undefined ? { operation, status: 404, body: NOT_FOUND } : { operation, status: 200, body: answer }
    if (call === 'GET /v2/events')
      return found(
        'events.list',
        page(query, 'created_at', 'events', ({ event }) => event),
      )
    if (call === 'GET /v2/identity/identities')
      return found(
        'identities.list',
        page(query, 'updated_at', 'items', ({ identity }) => identity),
      )
    if (call === 'POST /v2/identity/accounts') return createAccount(body)
    if (call === 'GET /v2/identity/accounts') return found('accounts.list', accountsOf(query.get('identity_id')))
    if (call.startsWith('GET /v2/events/')) return found('events.get', byEvent.get(id))
    if (call.startsWith('GET /v2/identity/identities/')) return found('identities.get', byIdentity.get(id))
    if (call.startsWith('GET /v2/identity/accounts/')) return found('accounts.get', accounts.get(id)?.body)
    if (call === 'POST /oauth2/token') return found('token', '{"access_token":"an-invented-token","expires_in":3599,"token_type":"bearer"}')
    return found(call, undefined)
  }

  return {
    load: (events) => {
      for (const state of [byEvent, byIdentity, accounts, accountOfRef]) state.clear()
      calls = {}
      inOrder = events.map(stored)
      for (const [index, { id, identityId }] of events.entries()) {
        byEvent.set(id, inOrder[index]!.event)
        byIdentity.set(identityId, inOrder[index]!.identity)
      }
    },
    answer: (method, target, body) => {
      const { pathname, searchParams } = new URL(target, 'http://upstream')
      const answer = route(`${method} ${pathname}`, searchParams, body)
      calls[answer.operation] = (calls[answer.operation] ?? 0) + 1
      return answer
    },
    counts: () => {
      const owners = new Set([...accounts.values()].map(({ identityId }) => identityId))
      return { calls, accounts: accounts.size, identitiesWithAccount: owners.size }
    },
    restartCounts: () => {
      calls = {}
    },
  }
}

function stored({ id, identityId, at }: ApprovedEvent): Stored {
  const time = new Date(at).toISOString()
  const event = JSON.stringify({
    id,
    type: 'identity.approved',
    object_type: 'identity_summary_status_change',
    object: { id: randomUUID(), identity_id: identityId, old_summary_status: 'PENDING', new_summary_status: 'APPROVED' },
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
  return { at, event, identity }
}

/** The position of the first one at or after `time`. */
function firstFrom(inOrder: readonly Stored[], time: string, otherwise: number): number {
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
