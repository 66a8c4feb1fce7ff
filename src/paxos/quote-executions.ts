import { z } from 'zod'
import type { Amount } from '../domain/money.ts'
import { AnsweredId, RequiredAmount } from './transport/answered-amount.ts'
import { about, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'
import { walkPages } from './transport/walk-pages.ts'

/** A trade at a held rate (paxos/api.md 8.2). `CREATED`: Paxos has debited what is paid. `SETTLED`: Paxos has credited what is bought. */
export interface PaxosQuoteExecution {
  id: string
  profileId: string
  quoteId: string
  refId: string | null
  /** CREATED or SETTLED. An open set. */
  status: string
  market: string
  side: string
  price: Amount
  baseAmount: Amount
  baseAsset: string
  quoteAmount: Amount
  quoteAsset: string
}

/** The body of Create Quote Execution, with exactly one of the amounts. It has `account_id` where an order has `identity_account_id`. */
export type NewQuoteExecution = {
  ref_id: string
  quote_id: string
  identity_id: string
  account_id: string
} & ({ base_amount: string; quote_amount?: never } | { quote_amount: string; base_amount?: never })

export interface QuoteExecutionsOfPaxos {
  /** @throws PAXOS_CONFLICT when an execution with this ref_id exists; PAXOS_REFUSED for funds, an expired or a rejected quote */
  create(profileId: string, execution: NewQuoteExecution, options?: CallOptions): Promise<PaxosQuoteExecution>
  /** All executions of the profile since `createdFrom`, newest first. Paxos has no filter by ref_id here. */
  list(profileId: string, since: { createdFrom: Date }, options?: CallOptions): Promise<PaxosQuoteExecution[]>
  get(profileId: string, executionId: string, options?: CallOptions): Promise<PaxosQuoteExecution>
}

const QuoteExecution = z
  .object({
    id: z.string().min(1),
    profile_id: z.string().min(1),
    quote_id: z.string().min(1),
    ref_id: AnsweredId,
    status: z.string().min(1),
    market: z.string().min(1),
    side: z.string().min(1),
    price: RequiredAmount,
    base_amount: RequiredAmount,
    base_asset: z.string().min(1),
    quote_amount: RequiredAmount,
    quote_asset: z.string().min(1),
  })
  .transform(
    ({ profile_id, quote_id, ref_id, base_amount, base_asset, quote_amount, quote_asset, ...execution }): PaxosQuoteExecution => ({
      ...execution,
      profileId: profile_id,
      quoteId: quote_id,
      refId: ref_id,
      baseAmount: base_amount,
      baseAsset: base_asset,
      quoteAmount: quote_amount,
      quoteAsset: quote_asset,
    }),
  )

const QuoteExecutionPage = pageOf('items', QuoteExecution)

const PAGE = 100
const MOST_PAGES = 1000

export function quoteExecutionsOfPaxos(call: PaxosCall): QuoteExecutionsOfPaxos {
  const common = { feature: 'quotes', schema: QuoteExecution } as const
  const pathOf = (profileId: string, operation: string): string => `/profiles/${idSegment(profileId, operation)}/quote-executions`
  return {
    create(profileId, execution, options) {
      const operation = 'quote-executions.create'
      const path = pathOf(profileId, operation)
      return call({ ...common, operation, method: 'POST', path, body: { ...execution }, once: { refId: execution.ref_id } }, options)
    },
    async list(profileId, { createdFrom }, options) {
      const operation = 'quote-executions.list'
      const executions = new Map<string, PaxosQuoteExecution>()
      const readPage = (cursor: string | null) => {
        const query = queryString({ 'created_at.begin': createdFrom.toISOString(), limit: PAGE, page_cursor: cursor })
        const path = `${pathOf(profileId, operation)}${query}`
        return call({ operation, feature: 'quotes', path, mark: 'items', schema: QuoteExecutionPage } as const, options)
      }
      for await (const { rows } of walkPages(readPage, { operation, mostPages: MOST_PAGES })) {
        for (const execution of rows) executions.set(execution.id, execution)
      }
      return [...executions.values()]
    },
    async get(profileId, executionId, options) {
      const operation = 'quote-executions.get'
      const path = `${pathOf(profileId, operation)}/${idSegment(executionId, operation)}`
      return about(executionId, await call({ ...common, operation, path }, options), operation)
    },
  }
}
