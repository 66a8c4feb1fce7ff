import { z } from 'zod'
import { BASE_DECIMALS, MARKETS, type Market, MIN_QUOTE, QUOTE_DECIMALS } from '../exchange/markets.ts'
import { type NewOrder, ORDER_TYPES, type OrderType, SIDES, TIMES_IN_FORCE, type TimeInForce } from '../exchange/order.ts'
import { AMOUNT_PATTERN, type Decimal, decimal, decimalsOf, ZERO } from '../money/decimal.ts'
import { namedProblem, problem } from './paxos-problem.ts'
import { readBody } from './read-body.ts'

/** Up to 6 pairs, 100 characters each (documented). */
export const TradeMetadata = z
  .record(z.string().max(100, 'a key may have at most 100 characters'), z.string().max(100, 'may have at most 100 characters'))
  .refine((pairs) => Object.keys(pairs).length <= 6, 'may hold at most 6 pairs')

const amount = z.string() // Paxos has a text of its own for a wrong form: positiveDecimal
const reference = z.string().min(1, 'must not be empty')

/** `POST /profiles/{profile_id}/orders` (paxos/api.md 8.1). */
const CreateOrderRequest = z.strictObject({
  ref_id: reference.optional(),
  side: z.enum(SIDES),
  market: z.string(),
  type: z.enum(ORDER_TYPES),
  base_amount: amount.optional(),
  quote_amount: amount.optional(),
  price: amount.optional(),
  stop_price: amount.optional(),
  metadata: TradeMetadata.optional(),
  await_fill_millis: z.number().int().min(0).max(10_000, 'may be at most 10000').optional(),
  time_in_force: z.enum(TIMES_IN_FORCE).optional(),
  expiration_date: z
    .string()
    .regex(/^\d{13}$/, 'must be milliseconds since 1970, 13 digits')
    .optional(),
  identity_id: reference.optional(),
  identity_account_id: reference.optional(),
  recipient_profile_id: reference.optional(),
  self_match_prevention_id: reference.max(36, 'may have at most 36 characters').optional(),
})
type CreateOrderRequest = z.output<typeof CreateOrderRequest>

/** The first one is the default (documented). */
const ALLOWED_TIMES: Readonly<Record<OrderType, readonly [TimeInForce, ...TimeInForce[]]>> = {
  MARKET: ['IOC'],
  LIMIT: ['GTC', 'IOC', 'GTT', 'FOK'],
  POST_ONLY_LIMIT: ['GTC', 'IOC', 'GTT', 'FOK'],
  STOP_MARKET: ['GTC', 'GTT'],
  STOP_LIMIT: ['GTC', 'GTT'],
}

/** A GTT order must live longer than this (documented). */
const SHORTEST_LIFE_MS = 10_000

/** @throws 400 with the documented text if there is one, else naming the field */
export function readOrder(profileId: string, body: unknown): { order: NewOrder; awaitFillMs: number } {
  const request = readBody(CreateOrderRequest, body)
  const market = MARKETS.get(request.market)
  if (!market) throw problem(400, `invalid market ${request.market}`)
  const order: NewOrder = {
    profileId,
    refId: request.ref_id ?? null,
    side: request.side,
    market: market.market,
    type: request.type,
    ...amountsOf(request, market),
    ...pricesOf(request, market),
    ...lifeOf(request),
    identityId: request.identity_id ?? null,
    accountId: request.identity_account_id ?? null,
    recipientProfileId: request.recipient_profile_id ?? null,
    metadata: request.metadata ?? null,
    selfMatchPreventionId: request.self_match_prevention_id ?? null,
  }
  return { order, awaitFillMs: request.await_fill_millis ?? 0 }
}

/** @throws 400 with the documented text; `exceed-precision` for more decimals than the asset has */
export function positiveDecimal(field: string, text: string, { asset, decimals }: { asset: string; decimals: number }): Decimal {
  const value = AMOUNT_PATTERN.test(text) ? decimal(text.startsWith('.') ? `0${text}` : text) : ZERO
  if (value.lte(ZERO)) throw problem(400, `${field} invalid: invalid amount '${text}': must be positive decimal`)
  if (decimalsOf(value) > decimals) throw namedProblem('exceed-precision', `max precision allowed for asset ${asset} is ${decimals}`)
  return value
}

/** A market buy names the amount to spend, every other order the amount to trade. Exactly one of them is allowed. */
function amountsOf(request: CreateOrderRequest, { base, quote }: Market): Pick<NewOrder, 'baseAmount' | 'quoteAmount'> {
  const { base_amount, quote_amount, side, type } = request
  if ((base_amount === undefined) === (quote_amount === undefined))
    throw problem(400, 'exactly one of base_amount, quote_amount must be set')
  const byQuote = type === 'MARKET' && side === 'BUY'
  if (byQuote && quote_amount === undefined) throw problem(400, 'quote_amount: is required for a market buy order')
  if (!byQuote && base_amount === undefined) throw problem(400, `base_amount: is required for a ${side} order of type ${type}`)
  if (quote_amount !== undefined) {
    const quoteAmount = positiveDecimal('quote_amount', quote_amount, { asset: quote, decimals: QUOTE_DECIMALS })
    if (quoteAmount.lt(MIN_QUOTE)) throw problem(400, `quote_amount: must be at least ${MIN_QUOTE.toFixed()}`)
    return { quoteAmount, baseAmount: null }
  }
  return { baseAmount: positiveDecimal('base_amount', base_amount ?? '', { asset: base, decimals: BASE_DECIMALS }), quoteAmount: null }
}

function pricesOf({ type, side, price, stop_price }: CreateOrderRequest, { quote, tick }: Market): Pick<NewOrder, 'price' | 'stopPrice'> {
  const isLimit = type === 'LIMIT' || type === 'POST_ONLY_LIMIT' || type === 'STOP_LIMIT'
  const isStop = type === 'STOP_MARKET' || type === 'STOP_LIMIT'
  if (isLimit && price === undefined) throw problem(400, `price: is required for a ${type} order`)
  if (!isLimit && price !== undefined) throw problem(400, `price: must not be set for a ${type} order`)
  if (isStop && stop_price === undefined) throw problem(400, `stop_price: is required for a ${type} order`)
  if (!isStop && stop_price !== undefined) throw problem(400, `stop_price: must not be set for a ${type} order`)
  if (isStop && side === 'BUY') throw problem(400, 'side: stop orders can only sell')
  const read = (field: string, text: string | undefined): Decimal | null => {
    if (text === undefined) return null
    const value = positiveDecimal(field, text, { asset: quote, decimals: decimalsOf(tick) })
    if (!value.mod(tick).eq(ZERO)) throw problem(400, `${field} invalid: invalid amount '${text}': must be a multiple of ${tick.toFixed()}`)
    return value
  }
  return { price: read('price', price), stopPrice: read('stop_price', stop_price) }
}

function lifeOf({ type, time_in_force, expiration_date }: CreateOrderRequest): Pick<NewOrder, 'timeInForce' | 'expiresAtMs'> {
  const allowed = ALLOWED_TIMES[type]
  const timeInForce = time_in_force ?? allowed[0]
  if (!allowed.includes(timeInForce)) throw problem(400, `time_in_force: must be one of ${allowed.join(', ')} for a ${type} order`)
  if (timeInForce !== 'GTT') {
    if (expiration_date !== undefined) throw problem(400, 'expiration_date: must be set with time_in_force GTT only')
    return { timeInForce, expiresAtMs: null }
  }
  if (expiration_date === undefined) throw problem(400, 'expiration_date: is required with time_in_force GTT')
  const expiresAtMs = Number(expiration_date)
  if (expiresAtMs <= Date.now() + SHORTEST_LIFE_MS) throw problem(400, 'expiration_date: must be more than 10 seconds ahead')
  return { timeInForce, expiresAtMs }
}
