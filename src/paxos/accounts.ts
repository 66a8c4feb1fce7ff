import { z } from 'zod'
import { about, PaxosId, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'
import { walkPages } from './transport/walk-pages.ts'

export interface PaxosAccount {
  id: string
  identityId: string
  refId: string | null
  /** `null`: it has no profile, which cannot be mended later (documented), or not yet (assumed possible right after creation). */
  profileId: string | null
  /** BROKERAGE and others; an open set. */
  type: string
}

interface NewAccount {
  identityId: string
  /** The idempotency key: two accounts for one identity are legal, so without it a second try makes a second account. */
  refId: string
  type: 'BROKERAGE'
}

export interface AccountsOfPaxos {
  /** Creates the account together with its profile. @throws PAXOS_CONFLICT when the ref_id has one already (assumed, paxos/api.md 5.1). */
  create(account: NewAccount, options?: CallOptions): Promise<PaxosAccount>
  get(accountId: string, options?: CallOptions): Promise<PaxosAccount>
  /** All accounts of one identity, oldest first, over all pages. The way to find one by ref_id: there is no such filter upstream. */
  listOfIdentity(identityId: string, options?: CallOptions): Promise<PaxosAccount[]>
  /** All accounts of this Paxos customer, page by page, below live traffic. @throws PAXOS_ANSWER_MALFORMED for an incomplete listing */
  pagesOfAll(): AsyncGenerator<PaxosAccount[], void>
}

const Account = z
  .object({
    id: PaxosId,
    identity_id: PaxosId,
    ref_id: z.string().nullish(),
    profile_id: z.string().max(128).nullish(),
    type: z.string().nullish(),
  })
  .transform(
    ({ id, identity_id, ref_id, profile_id, type }): PaxosAccount => ({
      id,
      identityId: identity_id,
      refId: ref_id || null,
      profileId: profile_id || null,
      type: type ?? '',
    }),
  )
/** Strict about each row: leaving one out could hide the very account that is looked for. */
const AccountPage = pageOf('items', Account)

/** No identity has as many accounts as fit on these pages. */
const MOST_PAGES = 100
const MOST_PAGES_OF_ALL = 10_000

export function accountsOfPaxos(call: PaxosCall): AccountsOfPaxos {
  return {
    create({ identityId, refId, type }, options) {
      // Written here and nowhere else: an account cannot be linked to a profile later (paxos/api.md 5.1).
      const body = { create_profile: true, account: { identity_id: identityId, ref_id: refId, type } }
      const request = { operation: 'accounts.create', path: '/identity/accounts', schema: Account } as const
      return call({ ...request, method: 'POST', body, once: { refId } }, options)
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
