import { z } from 'zod'
import { about, PaxosId, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'
import { walkPages } from './transport/walk-pages.ts'

export interface PaxosAccount {
  id: string
  identityId: string
  refId: string | null
  /** `null`: the account has no profile. Paxos cannot add one later (documented). Right after creation it may still appear (assumed). */
  profileId: string | null
  /** BROKERAGE and others. An open set. */
  type: string
  /** The members besides the primary owner. Undefined: the answer names none. */
  members?: readonly PaxosAccountMember[]
  /** Present when the API user has disabled the account. */
  userDisabled?: true
}

/** A further identity of an account (paxos/api.md 5.1). `roles`: an open set. */
export interface PaxosAccountMember {
  /** Paxos's id of the membership; null: the answer has none. */
  id: string | null
  identityId: string
  roles: readonly string[]
}

export interface NewAccount {
  identityId: string
  /** The idempotency key. Paxos allows two accounts for one identity, so without the key a second try opens a second account. */
  refId: string
  type: string
  /** May name a person. */
  description?: string | undefined
  /** May name a person. */
  metadata?: Readonly<Record<string, string>> | undefined
  members?: readonly { readonly identityId: string; readonly roles: readonly string[] }[]
}

export interface AccountsOfPaxos {
  /**
   * Creates the account together with its profile. @throws PAXOS_CONFLICT when an account with this ref_id exists (assumed, paxos/api.md
   * 5.1)
   */
  create(account: NewAccount, options?: CallOptions): Promise<PaxosAccount>
  /** Adds members; those that are there stay. Resolves to the added ones. */
  addMembers(
    accountId: string,
    members: readonly { readonly identityId: string; readonly roles: readonly string[] }[],
    options?: CallOptions,
  ): Promise<PaxosAccountMember[]>
  /** By Paxos's id of the membership. */
  removeMember(memberId: string, options?: CallOptions): Promise<void>
  /** Disables the account: Paxos has no call that closes or deletes one (paxos/api.md 5.2). A second call changes nothing. */
  disable(accountId: string, options?: CallOptions): Promise<void>
  get(accountId: string, options?: CallOptions): Promise<PaxosAccount>
  /**
   * All accounts of one identity, oldest first, over all pages. Paxos has no filter by ref_id, so this list is how an account is found by
   * it.
   */
  listOfIdentity(identityId: string, options?: CallOptions): Promise<PaxosAccount[]>
  /** All accounts of this Paxos customer, page by page, at replay priority. @throws PAXOS_ANSWER_MALFORMED for an incomplete listing */
  pagesOfAll(): AsyncGenerator<PaxosAccount[], void>
}

const Member = z
  .object({ id: PaxosId.nullish(), identity_id: PaxosId, roles: z.array(z.string().max(80)).nullish() })
  .transform(({ id, identity_id, roles }): PaxosAccountMember => ({ id: id ?? null, identityId: identity_id, roles: roles ?? [] }))
const Account = z
  .object({
    id: PaxosId,
    identity_id: PaxosId,
    ref_id: z.string().nullish(),
    profile_id: z.string().max(128).nullish(),
    type: z.string().nullish(),
    members: z.array(Member).nullish(),
    user_disabled: z.boolean().nullish(),
  })
  .transform(
    ({ id, identity_id, ref_id, profile_id, type, members, user_disabled: disabled }): PaxosAccount => ({
      id,
      identityId: identity_id,
      refId: ref_id || null,
      profileId: profile_id || null,
      type: type ?? '',
      ...(members?.length ? { members } : {}),
      ...(disabled ? { userDisabled: true as const } : {}),
    }),
  )
const Added = z.object({ account_id: PaxosId, members: z.array(Member).nullish() }).transform(({ members }) => members ?? [])
/** One malformed row fails the page: leaving it out could hide the account that the caller looks for. */
const AccountPage = pageOf('items', Account)

/** No identity has enough accounts to fill these pages. */
const MOST_PAGES = 100
const MOST_PAGES_OF_ALL = 10_000

export function accountsOfPaxos(call: PaxosCall): AccountsOfPaxos {
  return {
    create({ identityId, refId, type, description, metadata, members = [] }, options) {
      const account = {
        ...{ identity_id: identityId, ref_id: refId, type },
        ...(description === undefined ? {} : { description }),
        ...(metadata === undefined ? {} : { metadata }),
        ...(members.length === 0 ? {} : { members: members.map(({ identityId: id, roles }) => ({ identity_id: id, roles: [...roles] })) }),
      }
      // No other call sets `create_profile`: an account cannot be linked to a profile later (paxos/api.md 5.1).
      const body = { create_profile: true, account }
      const personal = description !== undefined || metadata !== undefined
      const request = { operation: 'accounts.create', path: '/identity/accounts', personal, schema: Account } as const
      return call({ ...request, method: 'POST', body, once: { refId } }, options)
    },
    async addMembers(accountId, members, options) {
      const operation = 'accounts.add-members'
      const body = {
        account_id: accountId,
        members: members.map(({ identityId, roles }) => ({ identity_id: identityId, roles: [...roles] })),
      }
      const request = { operation, path: '/identity/account-members', mark: 'account_id', schema: Added, once: 'looked-up-first' } as const
      return call({ ...request, method: 'POST', body }, options)
    },
    async removeMember(memberId, options) {
      const operation = 'accounts.remove-member'
      const path = `/identity/account-members/${idSegment(memberId, operation)}`
      await call({ operation, path, method: 'DELETE', mayBeEmpty: true, schema: z.object({}), once: 'looked-up-first' }, options)
    },
    async disable(accountId, options) {
      const operation = 'accounts.disable'
      const body = { account: { id: accountId }, set_user_disabled: true }
      const request = { operation, path: '/identity/accounts', schema: Account, once: 'sets-a-state' } as const
      about(accountId, await call({ ...request, method: 'PUT', body }, options), operation)
    },
    async get(accountId, options) {
      const operation = 'accounts.get'
      const path = `/identity/accounts/${idSegment(accountId, operation)}`
      return about(accountId, await call({ operation, path, schema: Account }, options), operation)
    },
    async *pagesOfAll() {
      const operation = 'accounts.list'
      const readPage = (cursor: string | null) => {
        const path = `/identity/accounts${queryString({ order: 'ASC', page_cursor: cursor })}`
        return call({ operation, path, mark: 'items', schema: AccountPage }, { priority: 'replay' })
      }
      for await (const { rows } of walkPages(readPage, { operation, mostPages: MOST_PAGES_OF_ALL })) yield rows
    },
    async listOfIdentity(identityId, options) {
      const operation = 'accounts.list'
      const accounts: PaxosAccount[] = []
      const readPage = (cursor: string | null) => {
        const path = `/identity/accounts${queryString({ identity_id: identityId, order: 'ASC', page_cursor: cursor })}`
        return call({ operation, path, mark: 'items', schema: AccountPage }, options)
      }
      for await (const { rows } of walkPages(readPage, { operation, mostPages: MOST_PAGES })) accounts.push(...rows)
      return accounts
    },
  }
}
