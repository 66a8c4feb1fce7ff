import { z } from 'zod'
import { magicOf } from '../exchange/magic-amounts.ts'
import { BASE_DECIMALS, QUOTE_DECIMALS } from '../exchange/markets.ts'
import { SIDES } from '../exchange/order.ts'
import { amountsAt, type NewQuoteExecution, paidBy, type QuoteExecution } from '../exchange/quote-executions.ts'
import type { Quote } from '../exchange/quotes.ts'
import { decimal } from '../money/decimal.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { requireMayTransact } from '../world/may-transact.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { requireMarket } from './market-routes.ts'
import { positiveDecimal, TradeMetadata } from './order-request.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, LostAnswer, namedProblem, problem } from './paxos-problem.ts'
import { queryList, queryText } from './query.ts'
import { readBody } from './read-body.ts'
import { requireFunds } from './require-funds.ts'
import { requireProfile } from './require-profile.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { beginAndEnd } from './time-range.ts'

/** Documented for USD: the largest single execution. */
const MAX_NOTIONAL = decimal('50000')
/** Not documented (assumed). */
const LIMITS = { order: 'DESC', maxLimit: 1000, defaultLimit: 100 } as const
/** The id in an answer when the request had no identity or account (documented). */
const NOBODY = '00000000-0000-0000-0000-000000000000'

const reference = z.string().min(1, 'must not be empty')
const QuoteExecutionRequest = z.strictObject({
  quote_id: reference,
  ref_id: reference.optional(),
  base_amount: z.string().optional(),
  quote_amount: z.string().optional(),
  metadata: TradeMetadata.optional(),
  identity_id: reference.optional(),
  account_id: reference.optional(),
  recipient_profile_id: reference.optional(),
})

/** Held-rate quotes and their executions (paxos/api.md 8.2). */
export function quoteRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { quotes, quoteExecutions, settings } = state

  simulate('GET /quotes', ({ query }) => {
    if (!settings.quotesEnabled) throw problem(503, 'quotes disabled')
    const markets = queryList(query, 'markets')
    if (markets.length === 0) throw problem(400, 'markets: is required')
    return { items: markets.flatMap((market) => quotes.of(requireMarket(market))).map(quoteView) }
  })

  simulate('POST /profiles/{profile_id}/quote-executions', (call) => {
    const { id: profileId } = requireProfile(call, state)
    const { wanted, magic } = readQuoteExecution(profileId, call.body, state)
    if (wanted.refId !== null) call.subject.refId = wanted.refId
    refuseExecution(wanted, magic, state)
    const execution = quoteExecutions.create(wanted)
    if (magic === 'created-then-504') throw problem(504, 'timeout reached while creating the quote execution')
    if (magic === 'created-then-dropped') throw new LostAnswer()
    return executionView(execution)
  })

  simulate('GET /profiles/{profile_id}/quote-executions/{id}', (call) => {
    const { id: profileId } = requireProfile(call, state)
    const execution = quoteExecutions.get(call.id)
    if (execution?.profileId !== profileId) throw problem(404, `quote execution not found with id ${call.id}`)
    return executionView(execution)
  })

  simulate('GET /profiles/{profile_id}/quote-executions', (call) => {
    const { id: profileId } = requireProfile(call, state)
    const { query } = call
    const side = queryText(query, 'side', SIDES)
    const market = queryText(query, 'market')
    if (market !== null) requireMarket(market)
    const status = queryText(query, 'status', ['CREATED', 'SETTLED'])
    queryText(query, 'order_by', ['CREATED_AT'])
    const { items, nextCursor } = page(quoteExecutions.all, {
      request: pageRequest(query, LIMITS),
      created: beginAndEnd(query, 'created_at'),
      keep: (execution) =>
        execution.profileId === profileId &&
        (side === null || execution.quote.side === side) &&
        (market === null || execution.quote.market.market === market) &&
        (status === null || execution.status === status),
    })
    return { items: items.map(executionView), next_page_cursor: nextCursor }
  })
}

/** @throws 400, 404 for an unknown quote, 409 for a known `ref_id` */
function readQuoteExecution(
  profileId: string,
  body: unknown,
  { quotes, quoteExecutions, settings }: SandboxState,
): { wanted: NewQuoteExecution; magic: string | null } {
  const request = readBody(QuoteExecutionRequest, body)
  const { base_amount: base, quote_amount: cash } = request
  if ((base === undefined) === (cash === undefined)) throw problem(400, 'exactly one of base_amount, quote_amount must be set')
  const known = request.ref_id === undefined ? undefined : quoteExecutions.byRefId(request.ref_id)
  if (known) throw alreadyExists(`quote execution already exists with ref_id '${request.ref_id}'`, executionView(known))
  const quote = quotes.get(request.quote_id)
  if (!quote) throw problem(404, `quote not found with id ${request.quote_id}`)
  const { market } = quote
  const asked =
    base === undefined
      ? { quoteAmount: positiveDecimal('quote_amount', cash ?? '', { asset: market.quote, decimals: QUOTE_DECIMALS }) }
      : { baseAmount: positiveDecimal('base_amount', base, { asset: market.base, decimals: BASE_DECIMALS }) }
  const wanted: NewQuoteExecution = {
    profileId,
    quote,
    refId: request.ref_id ?? null,
    ...amountsAt(quote, asked),
    identityId: request.identity_id ?? null,
    accountId: request.account_id ?? null,
    recipientProfileId: request.recipient_profile_id ?? null,
    metadata: request.metadata ?? null,
  }
  return { wanted, magic: settings.magicAmounts ? magicOf({ baseAmount: null, quoteAmount: null, ...asked }) : null }
}

function refuseExecution(wanted: NewQuoteExecution, magic: string | null, state: SandboxState): void {
  const { quote, profileId, identityId, accountId, recipientProfileId } = wanted
  const { market, side } = quote
  requireMayTransact(state, { identityId, accountId, side, accountField: 'account_id' })
  if (recipientProfileId !== null && !state.accounts.profile(recipientProfileId)) {
    throw problem(404, `profile not found: ${recipientProfileId}`)
  }
  if (Date.now() >= quote.expiresAtMs) {
    const expiredAt = new Date(quote.expiresAtMs).toISOString()
    throw namedProblem('expired', `quote ${quote.id} expired at ${expiredAt}`, { expired_at: expiredAt })
  }
  if (magic === '504-not-created') throw problem(504, 'timeout reached while creating the quote execution')
  if (magic === 'rejected' || magic === 'market-conditions' || state.marketStatus.of(market.market)[side === 'BUY' ? 'buy' : 'sell']) {
    throw namedProblem('rejected', 'extreme market conditions have invalidated this quote execution', {})
  }
  if (wanted.quoteAmount.gt(MAX_NOTIONAL)) {
    const [had, most] = [wanted.quoteAmount.toFixed(), MAX_NOTIONAL.toFixed()]
    throw namedProblem(
      'notional-value-too-large',
      `notional value too large for ${market.market} QUOTE order: order had notional value ${had}, but maximum allowed notional value is ${most}`,
      { market: market.market, order_type: 'QUOTE', order_notional_value: had, max_notional_value: most },
    )
  }
  const { asset, amount } = paidBy(wanted)
  requireFunds(state, { profileId, asset, needed: amount })
}

function quoteView({ id, market, side, price, createdAtMs, expiresAtMs }: Quote): object {
  return {
    id,
    market: market.market,
    side,
    price: price.toFixed(),
    base_asset: market.base,
    quote_asset: market.quote,
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: new Date(expiresAtMs).toISOString(),
  }
}

function executionView(execution: QuoteExecution): object {
  const { quote, settledAtNs } = execution
  return {
    id: execution.id,
    profile_id: execution.profileId,
    quote_id: quote.id,
    ...(execution.refId === null ? {} : { ref_id: execution.refId }),
    status: execution.status,
    market: quote.market.market,
    side: quote.side,
    price: quote.price.toFixed(),
    base_amount: execution.baseAmount.toFixed(),
    base_asset: quote.market.base,
    quote_amount: execution.quoteAmount.toFixed(2),
    quote_asset: quote.market.quote,
    created_at: toRfc3339(execution.createdAtNs, RECORD_DIGITS),
    ...(settledAtNs === null ? {} : { settled_at: toRfc3339(settledAtNs, RECORD_DIGITS) }),
    ...(execution.metadata ? { metadata: execution.metadata } : {}),
    identity_id: execution.identityId ?? NOBODY,
    account_id: execution.accountId ?? NOBODY,
    ...(execution.recipientProfileId === null ? {} : { recipient_profile_id: execution.recipientProfileId }),
  }
}
