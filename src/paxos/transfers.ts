import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { AnsweredId, RequiredAmount } from './transport/answered-amount.ts'
import { about, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'
import { walkPages } from './transport/walk-pages.ts'

/** Money that came into a profile or went out of it (paxos/api.md 7). */
export interface PaxosTransfer {
  id: string
  profileId: string
  accountId: string | null
  refId: string | null
  /** The amount that was sent. The balance moves by `total`: for a deposit the amount less the fee. */
  amount: Amount
  total: Amount
  fee: Amount
  asset: string
  /** CREDIT or DEBIT. */
  direction: string
  /** WIRE_DEPOSIT and others. An open set. */
  type: string
  /** PENDING, COMPLETED or FAILED. An open set. */
  status: string
  /**
   * The sender's text. For a wire it is the memo of the deposit instructions. It may name a person, so Gatehouse compares it and never
   * keeps it.
   */
  memo: string | null
  createdAt: string
  updatedAt: string
}

interface TransfersFilter {
  /** At most 100. */
  ids?: readonly string[]
  profileIds?: readonly string[]
  /** RFC 3339, inclusive. */
  updatedFrom?: string
  limit?: number
  cursor?: string | null
}

export interface TransfersOfPaxos {
  get(transferId: string, options?: CallOptions): Promise<PaxosTransfer>
  /** All transfers of one profile, over all pages. @throws PAXOS_ANSWER_MALFORMED for a listing that does not end */
  listOfProfile(profileId: string, options?: CallOptions): Promise<PaxosTransfer[]>
  /** One page, oldest first, at most 1,000 transfers. */
  list(options: CallOptions & TransfersFilter): Promise<{ transfers: PaxosTransfer[]; nextCursor: string | null }>
}

const Transfer = z
  .object({
    id: z.string().min(1),
    profile_id: z.string().min(1),
    account_id: AnsweredId,
    ref_id: AnsweredId,
    amount: RequiredAmount,
    total: RequiredAmount,
    fee: RequiredAmount,
    asset: z.string().min(1),
    direction: z.string().min(1),
    type: z.string().min(1),
    status: z.string().min(1),
    memo: z.string().nullish(),
    created_at: z.string().min(1),
    updated_at: z.string().min(1),
  })
  .transform(
    ({ profile_id, account_id, ref_id, memo, created_at, updated_at, ...transfer }): PaxosTransfer => ({
      ...transfer,
      profileId: profile_id,
      accountId: account_id,
      refId: ref_id,
      memo: memo || null,
      createdAt: created_at,
      updatedAt: updated_at,
    }),
  )
const TransferPage = pageOf('items', Transfer).transform(({ rows, nextCursor }) => ({ transfers: rows, nextCursor }))

const PAGE = 1_000
/** With 1,000 a page: 100,000 transfers of one customer. */
const MOST_PAGES = 100

export function transfersOfPaxos(call: PaxosCall): TransfersOfPaxos {
  const common = { feature: 'transfers' } as const
  return {
    async get(transferId, options) {
      const operation = 'transfers.get'
      const path = `/transfer/transfers/${idSegment(transferId, operation)}`
      return about(transferId, await call({ ...common, operation, path, schema: Transfer }, options), operation)
    },
    async listOfProfile(profileId, options) {
      const found = new Map<string, PaxosTransfer>()
      const readPage = (cursor: string | null) => this.list({ profileIds: [profileId], limit: PAGE, cursor, ...options })
      for await (const { transfers } of walkPages(readPage, { operation: 'transfers.list', mostPages: MOST_PAGES }))
        for (const transfer of transfers) found.set(transfer.id, transfer)
      return [...found.values()]
    },
    list({ ids, profileIds, updatedFrom, limit, cursor, ...options }) {
      const query = queryString({ ids, profile_ids: profileIds, 'updated_at.gte': updatedFrom, order: 'ASC', limit, page_cursor: cursor })
      return call(
        { ...common, operation: 'transfers.list', path: `/transfer/transfers${query}`, mark: 'items', schema: TransferPage },
        options,
      )
    },
  }
}
