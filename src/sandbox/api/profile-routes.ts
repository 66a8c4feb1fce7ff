import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import type { Profile } from '../world/account-store.ts'
import { page, pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryFlag, queryText } from './query.ts'
import { readBody } from './read-body.ts'
import { requireProfile } from './require-profile.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { timeRange } from './time-range.ts'

/** Documented: the maximum and the default. */
const MAX_LIMIT = 1000
const MAX_IDS = 100

const text = z.string().min(1, 'must not be empty')
const CreateProfileRequest = z.strictObject({ nickname: text, description: z.string().optional() })
const UpdateProfileRequest = z.strictObject({ nickname: text })

/** Create, get, list, rename and deactivate profiles (paxos/api.md 6). */
export function profileRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { accounts, balances } = state

  simulate('GET /profiles/{profile_id}', (call) => {
    const deactivatedToo = queryFlag(call.query, 'include_deactivated')
    const profile = requireProfile(call, state)
    if (profile.deactivated && !deactivatedToo) throw problem(404, `profile not found: ${profile.id}`)
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
      keep: ({ id, nickname, visibleFromMs, deactivated }) =>
        visibleFromMs <= nowMs && !deactivated && nickname.toLowerCase().startsWith(prefix) && (ids === null || ids.has(id)),
    })
    return { items: items.map(profileView), next_page_cursor: nextCursor }
  })

  simulate('POST /profiles', ({ body, subject }) => {
    const { nickname, description = null } = readBody(CreateProfileRequest, body)
    const profile = accounts.createProfile({ nickname, description })
    subject.profileId = profile.id
    return profileView(profile)
  })

  simulate('PUT /profiles/{profile_id}', (call) => {
    const profile = requireProfile(call, state)
    const { nickname } = readBody(UpdateProfileRequest, call.body)
    accounts.refuseNickname(nickname, profile)
    profile.nickname = nickname
    return profileView(profile)
  })

  simulate('PUT /profiles/{profile_id}/deactivate', (call) => {
    const profile = requireProfile(call, state)
    if (profile.type === 'DEFAULT') throw problem(403, 'the default profile cannot be deactivated')
    const holds = balances
      .assetsOf(profile.id)
      .some(
        (asset) =>
          ![balances.balance(`available ${profile.id}`, asset), balances.balance(`trading ${profile.id}`, asset)].every((held) =>
            held.eq('0'),
          ),
      )
    if (holds) throw problem(403, 'a profile with a balance cannot be deactivated')
    profile.deactivated = true
    return {}
  })
}

function profileView({ id, nickname, description, type, accountId }: Profile): object {
  return {
    id,
    nickname,
    type,
    ...(description === null ? {} : { description }),
    ...(accountId === null ? {} : { account_id: accountId }),
  }
}
