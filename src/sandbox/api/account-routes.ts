import type { SandboxState } from '../sandbox-state.ts'
import type { Account, NewAccount } from '../world/account-store.ts'
import type { Identity } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryText } from './query.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { isWithin, timeRange } from './time-range.ts'

const ACCOUNT_TYPES: readonly unknown[] = ['BROKERAGE', 'TRADITIONAL_IRA', 'ROTH_IRA', 'SEP_IRA', 'FINANCIAL_ADVISOR']
const MEMBER_ROLES: readonly unknown[] = ['BENEFICIAL_OWNER', 'AUTHORIZED_USER', 'FINANCIAL_ADVISOR']
const WRITABLE: readonly string[] = ['identity_id', 'ref_id', 'type', 'description', 'metadata', 'members']
/** The limit of List Accounts is not documented (assumed). */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** Create, get and list accounts (paxos/api.md 5.1, 5.2). */
export function accountRoutes(simulate: SimulateOperation, { identities, accounts, settings }: SandboxState): void {
  /** The owner's status is the account's; accounts are made for existing identities only. */
  const view = (account: Account): object => accountView(account, identities.get(account.identityId))

  simulate('POST /identity/accounts', ({ body, subject }) => {
    const wanted = readNewAccount(body)
    subject.identityId = wanted.identityId
    if (wanted.refId !== null) subject.refId = wanted.refId
    const identity = identities.get(wanted.identityId)
    if (!identity) throw problem(404, 'identity does not exist')
    if (settings.strictAccounts && identity.status !== 'APPROVED') throw problem(403, 'identity is not approved')
    if (wanted.members.some((member) => !identities.get(member.identity_id))) {
      throw problem(400, 'account.members: identity does not exist')
    }
    const account = accounts.create(wanted)
    subject.accountId = account.id
    return view(account)
  })

  simulate('GET /identity/accounts/{id}', ({ id, subject }) => {
    const account = accounts.get(id)
    if (!account) throw problem(404)
    subject.accountId = id
    subject.identityId = account.identityId
    return view(account)
  })

  simulate('GET /identity/accounts', ({ query, subject }) => {
    const identityId = queryText(query, 'identity_id')
    if (identityId !== null) subject.identityId = identityId
    queryText(query, 'order_by', ['CREATED_AT'])
    const updated = timeRange(query, 'updated_at')
    const { items, nextCursor } = accounts.page({
      identityId,
      request: pageRequest(query, { order: 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
      created: timeRange(query, 'created_at'),
      keep: (account) => isWithin(account.createdAtNs, updated), // no operation here updates an account
    })
    return { items: items.map(view), next_page_cursor: nextCursor }
  })
}

/** Checked by hand, because this is the busiest write under load. @throws 400 naming the field; fields that are not listed are refused. */
function readNewAccount(body: unknown): NewAccount {
  if (!isObject(body) || !isObject(body.account)) throw problem(400, 'account: is required')
  const { account, create_profile: createProfile = false } = body
  if (typeof createProfile !== 'boolean') throw problem(400, 'create_profile: must be true or false')
  for (const field in account) {
    if (!WRITABLE.includes(field)) throw problem(400, `account.${field}: must not be set`)
  }
  const { identity_id: identityId, metadata = null, members = [] } = account
  if (typeof identityId !== 'string' || identityId === '') throw problem(400, 'account.identity_id: is required')
  const text = (field: 'ref_id' | 'type' | 'description'): string | null => {
    const value = account[field] ?? null
    if (value !== null && (typeof value !== 'string' || value === '')) throw problem(400, `account.${field}: must be a text`)
    return value
  }
  const type = text('type')
  if (type !== null && !ACCOUNT_TYPES.includes(type)) throw problem(400, `account.type: must be one of ${ACCOUNT_TYPES.join(', ')}`)
  if (metadata !== null && !isTextMap(metadata)) throw problem(400, 'account.metadata: must map texts to texts')
  if (!Array.isArray(members)) throw problem(400, 'account.members: must be a list')
  return {
    identityId,
    refId: text('ref_id'),
    type,
    description: text('description'),
    metadata,
    members: members.map(readMember),
    createProfile,
  }
}

function readMember(member: unknown): NewAccount['members'][number] {
  if (!isObject(member) || typeof member.identity_id !== 'string') throw problem(400, 'account.members: identity_id is required')
  if ('id' in member) throw problem(400, 'account.members: id must not be set')
  const { identity_id, roles = [] } = member
  if (!Array.isArray(roles) || roles.some((role) => !MEMBER_ROLES.includes(role))) {
    throw problem(400, `account.members: roles must be of ${MEMBER_ROLES.join(', ')}`)
  }
  return { identity_id, roles }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string')
}

/** A flat Account; `profile_id` is omitted while there is none to show (paxos/api.md 5.1). */
function accountView(account: Account, owner: Identity | undefined): object {
  const { profile } = account
  const at = toRfc3339(account.createdAtNs, RECORD_DIGITS)
  return {
    id: account.id,
    identity_id: account.identityId,
    ...(account.refId === null ? {} : { ref_id: account.refId }),
    ...(account.type === null ? {} : { type: account.type }),
    ...(profile && profile.visibleFromMs <= Date.now() ? { profile_id: profile.id } : {}),
    ...(account.description === null ? {} : { description: account.description }),
    ...(account.metadata === null ? {} : { metadata: account.metadata }),
    members: account.members,
    summary_status: owner?.status ?? 'PENDING',
    admin_disabled: false,
    user_disabled: false,
    created_at: at,
    updated_at: at,
  }
}
