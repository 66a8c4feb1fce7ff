import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { type IdentityRequest, settleDuplicate } from '../../domain/identity-request/identity-request.ts'
import { draftOf } from '../../domain/stream.ts'
import type { FurtherAccountRecord } from '../../ledger/read-accounts.ts'
import { IDENTITY_REQUEST_READS } from '../../ledger/read-identity-requests.ts'
import { AppError, UsageError } from '../../platform/app-error.ts'
import type { Page } from '../../platform/page.ts'
import type { AccountUseCases } from '../accounts/account-use-cases.ts'
import type { Perform } from '../audited.ts'
import { idOfKey } from '../request/id-of-key.ts'
import type { CreateParts } from './create-onboarding.ts'

/** The request is not, or no longer, held for a person whom Paxos knows already. */
export class DuplicateStateError extends AppError {
  readonly code = 'DUPLICATE_STATE'
  readonly retry = 'never'
  constructor(requestId: string, state: string) {
    super(`request ${requestId} is ${state}: it does not wait for a decision about a duplicate`)
  }
}

/** A request for a person whom Paxos knows already under another request. */
export interface DuplicateView {
  readonly requestId: string
  /** The ref_id of the request, which no identity has. */
  readonly refId: string
  /** `held`: waits for an operator; `joined`: confirmed as the same person; `declined`: another person. */
  readonly state: IdentityRequest['state']
  /** The identity that Paxos has. */
  readonly existingIdentityId: string
  /** The account that the confirmation opened; null before it. */
  readonly accountKey: string | null
  readonly requestedBy: string
  readonly createdAt: Date
}

export interface DuplicateUseCases {
  /** Requests that wait for an operator, newest first. @throws UsageError for a foreign cursor */
  listDuplicates(query: { cursor?: string | undefined; limit: number }): Promise<Page<DuplicateView>>
  /** Those about this identity, in any state; at most 200, newest first. */
  listDuplicatesOf(identityId: string): Promise<DuplicateView[]>
  /** Null: no such request, or no duplicate. */
  getDuplicate(requestId: string): Promise<DuplicateView | null>
  /**
   * A person confirms that it is the same person: a further account is opened on the existing identity. Safe to repeat.
   * @throws DuplicateStateError, OnboardingUnknownError, AccountNotPossibleError, UsageError without a person's name
   */
  confirmDuplicate(
    requestId: string,
    why: { reason: string },
    actor: Actor,
  ): Promise<{ duplicate: DuplicateView; account: FurtherAccountRecord } | null>
  /** A person declines the request: the person differs, or the request was wrong. Nothing is opened. @throws DuplicateStateError */
  declineDuplicate(requestId: string, why: { reason: string }, actor: Actor): Promise<DuplicateView | null>
}

interface Parts {
  pool: Pool
  requests: CreateParts['requests']
  perform: Perform
  openAccount: AccountUseCases['openAccount']
  /** Milliseconds since 1970. */
  now: () => number
}

const MOST_OF_IDENTITY = 200

/** Requests for persons whom Paxos knows already. No account is opened for one of them without a named person's confirmation. */
export function duplicateUseCases({ pool, requests, perform, openAccount, now }: Parts): DuplicateUseCases {
  const get = async (requestId: string): Promise<DuplicateView | null> => viewOf(await IDENTITY_REQUEST_READS.find(pool, requestId))
  const known = async (requestId: string): Promise<DuplicateView> => {
    const found = await get(requestId)
    if (!found) throw new TypeError(`${requestId} was decided and cannot be read`)
    return found
  }
  const settle = async (requestId: string, to: 'joined' | 'declined', actor: Actor): Promise<void> => {
    for (;;) {
      const stored = await requests.load(requestId)
      if (!stored || stored.request.state === to) return
      if (!waits(stored.request)) throw new DuplicateStateError(requestId, stored.request.state)
      const draft = settleDuplicate(draftOf(stored), to)
      if (await requests.commit({ before: stored, draft, actor: `${actor.kind}:${actor.name}`, at: new Date(now()) })) return
    }
  }
  return {
    listDuplicates: async (query) => {
      const page = await IDENTITY_REQUEST_READS.list(pool, { ...query, where: { heldReason: 'duplicate-person' } })
      return { ...page, items: page.items.flatMap((item) => viewOf(item) ?? []) }
    },
    listDuplicatesOf: async (identityId) => {
      const { items } = await IDENTITY_REQUEST_READS.list(pool, { limit: MOST_OF_IDENTITY, where: { duplicateOf: identityId } })
      return items.flatMap((item) => viewOf(item) ?? [])
    },
    getDuplicate: get,
    confirmDuplicate: async (requestId, { reason }, actor) => {
      const found = await decidable(get, { requestId, to: 'joined', actor })
      if (!found) return null
      const { existingIdentityId: identityId } = found
      const rule = { action: 'duplicate.confirm', target: requestId, reason, data: { identityId }, entry: 'before' as const }
      const { account } = await perform(actor, rule, async () => {
        const opened = await openAccount({ identityId, idempotencyKey: accountKeyOf(requestId), type: 'BROKERAGE', members: [] }, actor)
        await settle(requestId, 'joined', actor)
        return opened
      })
      return { duplicate: await known(requestId), account }
    },
    declineDuplicate: async (requestId, { reason }, actor) => {
      const found = await decidable(get, { requestId, to: 'declined', actor })
      if (!found) return null
      const rule = { action: 'duplicate.decline', target: requestId, reason, entry: 'before' as const }
      await perform(actor, rule, () => settle(requestId, 'declined', actor))
      return known(requestId)
    },
  }
}

/** @throws UsageError for a program, DuplicateStateError for a request that does not wait */
async function decidable(
  get: DuplicateUseCases['getDuplicate'],
  { requestId, to, actor }: { requestId: string; to: string; actor: Actor },
): Promise<DuplicateView | null> {
  const found = await get(requestId)
  if (!found) return null
  if (actor.kind !== 'operator') throw new UsageError('a person must decide: name yourself in X-Operator')
  if (found.state !== 'held' && found.state !== to) throw new DuplicateStateError(requestId, found.state)
  return found
}

/** The Idempotency-Key of the account that a confirmation opens: a repeated confirmation opens no second one. */
function accountKeyOf(requestId: string): string {
  return `duplicate-person/${requestId}`
}

function waits({ state, heldReason }: IdentityRequest): boolean {
  return state === 'held' && heldReason === 'duplicate-person'
}

function viewOf(request: (IdentityRequest & { createdAt: Date }) | null): DuplicateView | null {
  if (request === null || request.duplicateOf === null) return null
  const { requestId, refId, state, duplicateOf, requestedBy, createdAt } = request
  const accountKey = state === 'joined' ? idOfKey('account', accountKeyOf(requestId)) : null
  return { requestId, refId, state, existingIdentityId: duplicateOf, accountKey, requestedBy, createdAt }
}
