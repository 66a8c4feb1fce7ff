import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import type { Account, NewAccount } from '../world/account-store.ts'
import type { Identity } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryText } from './query.ts'
import { readBody } from './read-body.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { isWithin, timeRange } from './time-range.ts'

const ACCOUNT_TYPES: readonly unknown[] = ['BROKERAGE', 'TRADITIONAL_IRA', 'ROTH_IRA', 'SEP_IRA', 'FINANCIAL_ADVISOR']
const MEMBER_ROLES = ['BENEFICIAL_OWNER', 'AUTHORIZED_USER', 'FINANCIAL_ADVISOR'] as const
const WRITABLE: readonly string[] = ['identity_id', 'ref_id', 'type', 'description', 'metadata', 'members']
/** The limit of List Accounts is not documented (assumed). */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

const text = z.string().min(1, 'must not be empty')
const Member = z.strictObject({
  id: z.undefined('must not be set').optional(),
  identity_id: text,
  roles: z.array(z.enum(MEMBER_ROLES)).min(1, 'must name at least one role').optional(),
})
const UpdateAccountRequest = z.strictObject({
  account: z.strictObject({
    id: text,
    ref_id: text.optional(),
    description: text.optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    /** Existing members carry their id. In Paxos's own sample they do not. */
    members: z
      .array(Member.extend({ id: z.string().optional() }))
      .min(1, 'must name at least one member')
      .optional(),
  }),
  set_user_disabled: z.boolean().optional(),
})
const AddMembersRequest = z.strictObject({ account_id: text, members: z.array(Member).min(1, 'must name at least one member') })

/** @throws 400 for a change of owners: an update cannot add or remove them (documented) */
function refuseOwnerChange({ members: before }: Account, after: NewAccount['members']): void {
  const owners = (members: NewAccount['members']): string =>
    members
      .filter(({ roles }) => roles?.includes('BENEFICIAL_OWNER'))
      .map(({ identity_id }) => identity_id)
      .sort()
      .join()
  if (owners(before) !== owners(after))
    throw problem(400, 'account.members: only FINANCIAL_ADVISOR and AUTHORIZED_USER may be added or removed')
}

/** Create, get, list and update accounts, and their members (paxos/api.md 5.1, 5.2). */
export function accountRoutes(simulate: SimulateOperation, { identities, accounts, settings }: SandboxState): void {
  /** The account has its owner's status. Accounts are only opened for existing identities. */
  const view = (account: Account): object => accountView(account, identities.get(account.identityId))

  const refuseStrangers = (members: NewAccount['members']): void => {
    if (members.some((member) => !identities.get(member.identity_id))) throw problem(400, 'account.members: identity does not exist')
  }

  simulate('POST /identity/accounts', ({ body, subject }) => {
    const wanted = readNewAccount(body)
    subject.identityId = wanted.identityId
    if (wanted.refId !== null) subject.refId = wanted.refId
    const identity = identities.get(wanted.identityId)
    if (!identity) throw problem(404, 'identity does not exist')
    if (settings.strictAccounts && identity.status !== 'APPROVED') throw problem(403, 'identity is not approved')
    refuseStrangers(wanted.members)
    const account = accounts.create(wanted)
    subject.accountId = account.id
    return view(account)
  })

  simulate('PUT /identity/accounts', ({ body, subject }) => {
    const { account: change, set_user_disabled: userDisabled } = readBody(UpdateAccountRequest, body)
    subject.accountId = change.id
    const account = accounts.get(change.id)
    if (!account) throw problem(404, 'account does not exist')
    subject.identityId = account.identityId
    if (change.members) {
      refuseStrangers(change.members)
      refuseOwnerChange(account, change.members)
    }
    accounts.update(account, {
      ...(change.ref_id === undefined ? {} : { refId: change.ref_id }),
      ...(change.description === undefined ? {} : { description: change.description }),
      ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
      ...(userDisabled === undefined ? {} : { userDisabled }),
      members: change.members,
    })
    return view(account)
  })

  simulate('POST /identity/account-members', ({ body, subject }) => {
    const { account_id: accountId, members } = readBody(AddMembersRequest, body)
    subject.accountId = accountId
    const account = accounts.get(accountId)
    if (!account) throw problem(404, 'account does not exist')
    subject.identityId = account.identityId
    refuseStrangers(members)
    const known = members.find(
      ({ identity_id: id }) => id === account.identityId || account.members.some((member) => member.identity_id === id),
    )
    if (known) throw problem(400, 'members: an identity is a member already')
    return { account_id: accountId, members: accounts.addMembers(account, members) }
  })

  simulate('DELETE /identity/account-members/{id}', ({ id, subject }) => {
    const account = accounts.removeMember(id)
    if (!account) throw problem(404, 'account member does not exist')
    subject.accountId = account.id
    subject.identityId = account.identityId
    return {}
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
      keep: (account) => isWithin(account.updatedAtNs, updated),
    })
    return { items: items.map(view), next_page_cursor: nextCursor }
  })
}

/** Checked without a schema, because this is the busiest write under load. Unknown fields are refused. @throws 400 naming the field */
function readNewAccount(body: unknown): NewAccount {
  if (!isObject(body) || !isObject(body.account)) throw problem(400, 'account: is required')
  const { account, create_profile: createProfile = false } = body
  for (const field in body) {
    if (field !== 'account' && field !== 'create_profile') throw problem(400, `${field}: unknown field`)
  }
  if (typeof createProfile !== 'boolean') throw problem(400, 'create_profile: must be true or false')
  for (const field in account) {
    if (!WRITABLE.includes(field)) throw problem(400, `account.${field}: must not be set`)
  }
  const { identity_id: identityId, metadata, members = [] } = account
  if (typeof identityId !== 'string' || identityId === '') throw problem(400, 'account.identity_id: is required')
  const text = (field: 'ref_id' | 'type' | 'description'): string | null => {
    const value = account[field]
    if (value === undefined) return null
    if (typeof value !== 'string' || value === '') throw problem(400, `account.${field}: must be a text`)
    return value
  }
  const type = text('type')
  if (type !== null && !ACCOUNT_TYPES.includes(type)) throw problem(400, `account.type: must be one of ${ACCOUNT_TYPES.join(', ')}`)
  if (metadata !== undefined && !isTextMap(metadata)) throw problem(400, 'account.metadata: must map texts to texts')
  if (!Array.isArray(members)) throw problem(400, 'account.members: must be a list')
  return {
    identityId,
    refId: text('ref_id'),
    type,
    description: text('description'),
    metadata: metadata ?? null,
    members: members.map(readMember),
    createProfile,
  }
}

function readMember(member: unknown): NewAccount['members'][number] {
  if (!isObject(member) || typeof member.identity_id !== 'string') throw problem(400, 'account.members: identity_id is required')
  if ('id' in member) throw problem(400, 'account.members: id must not be set')
  for (const field in member) {
    if (field !== 'identity_id' && field !== 'roles') throw problem(400, `account.members.${field}: unknown field`)
  }
  const { identity_id, roles = [] } = member
  if (!Array.isArray(roles) || roles.some((role) => !(MEMBER_ROLES as readonly unknown[]).includes(role))) {
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

/** A flat Account. `profile_id` is left out while it is not visible (paxos/api.md 5.1). */
function accountView(account: Account, owner: Identity | undefined): object {
  const { profile } = account
  return {
    id: account.id,
    identity_id: account.identityId,
    ...(account.refId === null ? {} : { ref_id: account.refId }),
    ...(account.type === null ? {} : { type: account.type }),
    ...(profile && profile.visibleFromMs <= Date.now() ? { profile_id: profile.id } : {}),
    ...(account.description === null ? {} : { description: account.description }),
    ...(account.metadata === null ? {} : { metadata: account.metadata }),
    members: account.members,
    summary_status: account.userDisabled ? 'DISABLED' : (owner?.status ?? 'PENDING'),
    admin_disabled: false,
    user_disabled: account.userDisabled,
    created_at: toRfc3339(account.createdAtNs, RECORD_DIGITS),
    updated_at: toRfc3339(account.updatedAtNs, RECORD_DIGITS),
  }
}
