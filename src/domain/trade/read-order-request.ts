import { Amount, parseAmount } from '../money.ts'
import { ORDER_SIDES, ORDER_TYPES, type OrderRequest, type OrderSide, type OrderType, TIMES_IN_FORCE, type TimeInForce } from './order.ts'

/** What is wrong with one field of a request, and what to send instead. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
}

/** Base amounts have 8 decimals. Quote amounts have 2, Paxos's USD steps (paxos/api.md 8.1). Ticks belong to the market. */
export const BASE_DECIMALS = 8
export const QUOTE_DECIMALS = 2
const PRICE_DECIMALS = 8
/** The times in force of each type. The first is Paxos's default (paxos/api.md 8.1). */
const ALLOWED_TIMES: Readonly<Record<OrderType, readonly TimeInForce[]>> = {
  MARKET: ['IOC'],
  LIMIT: ['GTC', 'IOC', 'GTT', 'FOK'],
  POST_ONLY_LIMIT: ['GTC', 'IOC', 'GTT', 'FOK'],
  STOP_MARKET: ['GTC', 'GTT'],
  STOP_LIMIT: ['GTC', 'GTT'],
}
const FIELDS = ['side', 'market', 'type', 'baseAmount', 'quoteAmount', 'price', 'stopPrice', 'timeInForce', 'expiresAt']

/**
 * Reads the body of an order: returns the request, or all that is wrong with it. It knows no market and no time, so the same body always
 * gives the same result. `previewOrder` and `expiryObstacles` judge the request.
 */
export function readOrderRequest(body: Readonly<Record<string, unknown>>): OrderRequest | readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  const wrong = (field: string, message: string): null => {
    problems.push({ field, message })
    return null
  }
  for (const field of Object.keys(body))
    if (!FIELDS.includes(field)) wrong(field, `is not a field of an order; known fields: ${FIELDS.join(', ')}`)
  const side = oneOf(body.side, ORDER_SIDES) ?? wrong('side', `must be one of ${ORDER_SIDES.join(', ')}`)
  const type = oneOf(body.type, ORDER_TYPES) ?? wrong('type', `must be one of ${ORDER_TYPES.join(', ')}`)
  const market = isMarket(body.market)
    ? body.market
    : wrong('market', 'must be the name of a market, for example "BTCUSD"; GET /v1/markets lists them')
  const decimal = (field: string, decimals: number): string | null => {
    const value = body[field]
    if (value === undefined || value === null) return null
    const amount: Amount | string = parseAmount(value, { decimals })
    return typeof amount === 'string' ? wrong(field, amount) : String(value)
  }
  const baseAmount = decimal('baseAmount', BASE_DECIMALS)
  const quoteAmount = decimal('quoteAmount', QUOTE_DECIMALS)
  const price = decimal('price', PRICE_DECIMALS)
  const stopPrice = decimal('stopPrice', PRICE_DECIMALS)
  const timeInForce = isGiven(body.timeInForce)
    ? (oneOf(body.timeInForce, TIMES_IN_FORCE) ?? wrong('timeInForce', `must be one of ${TIMES_IN_FORCE.join(', ')}`))
    : null
  const expiresAt = isGiven(body.expiresAt) ? readExpiry(body.expiresAt, wrong) : null
  if (side === null || type === null || market === null) return problems
  for (const { field, message } of [...wantedAmounts(body, side, type), ...wantedTimes(body, type, timeInForce)]) wrong(field, message)
  if (problems.length > 0) return problems
  return { side, market, type, baseAmount, quoteAmount, price, stopPrice, timeInForce, expiresAt }
}

/** Checks amounts and prices: exactly those of the type, and exactly one amount. */
function wantedAmounts(body: Readonly<Record<string, unknown>>, side: OrderSide, type: OrderType): FieldProblem[] {
  const byQuote = type === 'MARKET' && side === 'BUY'
  const takes: Readonly<Record<string, boolean>> = {
    baseAmount: !byQuote,
    quoteAmount: byQuote,
    price: type === 'LIMIT' || type === 'POST_ONLY_LIMIT' || type === 'STOP_LIMIT',
    stopPrice: type === 'STOP_MARKET' || type === 'STOP_LIMIT',
  }
  const what = `a ${type} ${side}`
  const problems = Object.entries(takes).flatMap(([field, wanted]): FieldProblem[] => {
    if (wanted && !isGiven(body[field])) return [{ field, message: `is missing; ${what} needs it` }]
    if (!wanted && isGiven(body[field])) return [{ field, message: `does not apply to ${what}; omit it` }]
    return []
  })
  if (takes.stopPrice && side === 'BUY') problems.push({ field: 'side', message: 'must be SELL: Paxos accepts stop orders only to sell' })
  return problems
}

function wantedTimes(body: Readonly<Record<string, unknown>>, type: OrderType, timeInForce: TimeInForce | null): FieldProblem[] {
  const allowed = ALLOWED_TIMES[type]
  if (timeInForce !== null && !allowed.includes(timeInForce)) {
    return [{ field: 'timeInForce', message: `must be one of ${allowed.join(', ')} for a ${type} order` }]
  }
  if (timeInForce === 'GTT' && !isGiven(body.expiresAt))
    return [{ field: 'expiresAt', message: 'is required with GTT: the time at which the order ends' }]
  if (timeInForce !== 'GTT' && isGiven(body.expiresAt)) return [{ field: 'expiresAt', message: 'applies only to timeInForce GTT; omit it' }]
  return []
}

function readExpiry(value: unknown, wrong: (field: string, message: string) => null): string | null {
  const at =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value)
      ? Date.parse(value)
      : Number.NaN
  if (Number.isNaN(at)) return wrong('expiresAt', 'must be an RFC 3339 time, for example "2026-12-01T12:00:00Z"')
  return new Date(at).toISOString()
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null
const isMarket = (value: unknown): value is string => typeof value === 'string' && /^[A-Z0-9]{3,20}$/.test(value)

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | null {
  return allowed.find((each) => each === value) ?? null
}

const DECIMALS: readonly string[] = ['baseAmount', 'quoteAmount', 'price', 'stopPrice'] satisfies (keyof OrderRequest)[]

/** Fields in which two requests differ, for the refusal of a reused key. 1.50 equals 1.5. */
export function differingFields(known: OrderRequest, asked: OrderRequest): (keyof OrderRequest)[] {
  const fields = ['side', 'market', 'type', 'baseAmount', 'quoteAmount', 'price', 'stopPrice', 'timeInForce', 'expiresAt'] as const
  return fields.filter((field) => !same(field, known[field], asked[field]))
}

function same(field: keyof OrderRequest, known: string | null, asked: string | null): boolean {
  if (known === asked) return true
  return DECIMALS.includes(field) && known !== null && asked !== null && Amount.of(known).equals(Amount.of(asked))
}
