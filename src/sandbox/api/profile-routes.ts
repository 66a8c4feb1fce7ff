import type { SandboxState } from '../sandbox-state.ts'
import type { Profile } from '../world/account-store.ts'
import { page, pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryText } from './query.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { timeRange } from './time-range.ts'

/** Documented: the maximum and the default. */
const MAX_LIMIT = 1000
const MAX_IDS = 100

/** Get and list profiles (paxos/api.md 6). */
export function profileRoutes(simulate: SimulateOperation, { accounts }: SandboxState): void {
  simulate('GET /profiles/{profile_id}', ({ params: { profile_id: id = '' }, subject }) => {
    const profile = accounts.profile(id)
    if (!profile) throw problem(404)
    if (profile.accountId !== null) subject.accountId = profile.accountId
    return profileView(profile)
  })

  simulate('GET /profiles', ({ query }) => {
    const prefix = queryText(query, 'nickname')?.toLowerCase() ?? ''
    queryText(query, 'order_by', ['CREATED_AT'])
    const ids = query.ids === undefined ? null : new Set([query.ids].flat())
    if (ids && ids.size > MAX_IDS) throw problem(400, `ids may name at most ${MAX_IDS} profiles`)
    const nowMs = Date.now()
    const { items, nextCursor } = page(accounts.profiles, {
      request: pageRequest(query, { order: 'ASC', maxLimit: MAX_LIMIT }),
      created: timeRange(query, 'created_at'),
      keep: ({ id, nickname, visibleFromMs }) =>
        visibleFromMs <= nowMs && nickname.toLowerCase().startsWith(prefix) && (ids === null || ids.has(id)),
    })
    return { items: items.map(profileView), next_page_cursor: nextCursor }
  })
}

function profileView({ id, nickname, type, accountId }: Profile): object {
  return { id, nickname, type, ...(accountId === null ? {} : { account_id: accountId }) }
}
