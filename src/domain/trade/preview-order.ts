import { Amount } from '../money.ts'
import type { OrderRequest, OrderSide } from './order.ts'
import { BASE_DECIMALS, QUOTE_DECIMALS } from './read-order-request.ts'

/** A market's rules from Paxos. */
export interface MarketRules {
  readonly market: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly tickRate: Amount | null
  readonly minBaseAmount: Amount | null
  readonly maxBaseAmount: Amount | null
  readonly minQuoteAmount: Amount | null
  readonly maxQuoteAmount: Amount | null
  readonly buy: { readonly available: boolean; readonly reason: string | null }
  readonly sell: { readonly available: boolean; readonly reason: string | null }
}

/** The account's balance of one asset. */
export interface Available {
  readonly asset: string
  readonly available: Amount
}

/** One reason why an order would be refused. `limit` names it. `nearest`: the closest amount or price that would pass; null: none would. */
export interface OrderObstacle {
  readonly limit:
    | 'market-status'
    | 'tick-rate'
    | 'min-base-amount'
    | 'max-base-amount'
    | 'min-quote-amount'
    | 'max-quote-amount'
    | 'max-market-notional'
    | 'max-limit-notional'
    | 'available-balance'
    | 'negative-balance'
    | 'shortest-time-in-force'
  readonly field: 'side' | 'market' | 'baseAmount' | 'quoteAmount' | 'price' | 'stopPrice' | 'expiresAt'
  readonly message: string
  readonly nearest: string | null
}

/** What an order would do. Nothing is sent. */
export interface OrderPreview {
  readonly obstacles: readonly OrderObstacle[]
  /** The asset to pay with, the most that the order takes of it, and what then remains of the available balance. */
  readonly pays: { readonly asset: string; readonly amount: string | null; readonly availableAfter: string | null }
  /** Paxos publishes no rate, so the commission is unknown before the fill. A buy pays it on top of `pays`, a sale out of its proceeds. */
  readonly commission: { readonly asset: string; readonly amount: null; readonly note: typeof COMMISSION_NOTE }
  /** The rest of the base asset that no order can sell: it is below the market's minimum (A22). */
  readonly dust: string | null
  readonly receives: { readonly asset: string }
}

const COMMISSION_NOTE = 'unknown until filled'

/** Paxos's documented largest orders, in USD (paxos/api.md 8.1). */
const MAX_MARKET_NOTIONAL = Amount.of('500000')
const MAX_LIMIT_NOTIONAL = Amount.of('1000000')
const MAX_LIMIT_NOTIONAL_LARGE = Amount.of('1500000')
const LARGE_ASSETS: readonly string[] = ['BTC', 'ETH']

/**
 * Checks an order against its market's steps and limits and against the account's balances. A sale is limited by the balance, not by what
 * an order once bought (A23). Each obstacle names its limit and the nearest amount that would pass (A21).
 */
export function previewOrder(request: OrderRequest, market: MarketRules, balances: readonly Available[]): OrderPreview {
  const notional = notionalOf(request)
  const asset = request.side === 'BUY' ? market.quoteAsset : market.baseAsset
  const pays = request.side === 'BUY' ? notional : base(request)
  const available = balances.find((balance) => balance.asset === asset)?.available ?? Amount.zero
  const obstacles = [
    ...owing(request.side, balances),
    ...closedMarket(request.side, market),
    ...offTick(request, market),
    ...amountLimits(request, market),
    ...notionalLimits(request, market, notional),
    ...unaffordable(request, asset, pays, available),
  ]
  const after = pays === null ? null : available.minus(pays)
  return {
    obstacles,
    pays: { asset, amount: pays && String(pays), availableAfter: after && String(after) },
    commission: { asset: market.quoteAsset, amount: null, note: COMMISSION_NOTE },
    dust: dustOf(request.side, market, after),
    receives: { asset: request.side === 'BUY' ? market.baseAsset : market.quoteAsset },
  }
}

const base = ({ baseAmount }: OrderRequest): Amount | null => (baseAmount === null ? null : Amount.of(baseAmount))
const quote = ({ quoteAmount }: OrderRequest): Amount | null => (quoteAmount === null ? null : Amount.of(quoteAmount))

/** The order's value in the quote asset if it has a price, rounded up to a cent, as a buyer would pay. */
function notionalOf(request: OrderRequest): Amount | null {
  const price = request.price ?? request.stopPrice
  const amount = base(request)
  return quote(request) ?? (price === null || amount === null ? null : amount.times(Amount.of(price)).round(QUOTE_DECIMALS, 'up'))
}

/**
 * After a late return has taken a balance below zero, the customer may not buy in any market until it is covered. A sale may cover it
 * (A32). This is Gatehouse's policy: Paxos documents none.
 */
export function owing(side: OrderSide, balances: readonly Available[]): OrderObstacle[] {
  if (side === 'SELL') return []
  return balances
    .filter(({ available }) => available.lessThan(Amount.zero))
    .map(({ asset, available }) => {
      const message = `must not be BUY while the account owes: its ${asset} balance is ${available}, as after a returned deposit; deposit or sell first`
      return { limit: 'negative-balance', field: 'side', message, nearest: null }
    })
}

function closedMarket(side: OrderSide, { market, buy, sell }: MarketRules): OrderObstacle[] {
  const status = side === 'BUY' ? buy : sell
  if (status.available) return []
  const why = status.reason === null ? '' : ` (${status.reason})`
  return [{ limit: 'market-status', field: 'market', message: `${market} does not accept a ${side} order now${why}`, nearest: null }]
}

/** A price must be a multiple of the market's tick. The nearest one is on the customer's favourable side. */
function offTick({ side, ...request }: OrderRequest, { market, tickRate }: MarketRules): OrderObstacle[] {
  if (tickRate === null || tickRate.isZero()) return []
  return (['price', 'stopPrice'] as const).flatMap((field): OrderObstacle[] => {
    const text = request[field]
    if (text === null || Amount.of(text).isMultipleOf(tickRate)) return []
    const nearest = Amount.of(text).toStep(tickRate, side === 'BUY' ? 'down' : 'up')
    const message = `must be a multiple of ${tickRate}, the tick of ${market}`
    return [{ limit: 'tick-rate', field, message, nearest: nearest.isPositive() ? String(nearest) : String(tickRate) }]
  })
}

function amountLimits(request: OrderRequest, market: MarketRules): OrderObstacle[] {
  const [asBase, asQuote] = [base(request), quote(request)]
  return [
    ...below(asBase, market.minBaseAmount, { limit: 'min-base-amount', field: 'baseAmount', of: market }),
    ...above(asBase, market.maxBaseAmount, { limit: 'max-base-amount', field: 'baseAmount', of: market }),
    ...below(asQuote, market.minQuoteAmount, { limit: 'min-quote-amount', field: 'quoteAmount', of: market }),
    ...above(asQuote, market.maxQuoteAmount, { limit: 'max-quote-amount', field: 'quoteAmount', of: market }),
  ]
}

type LimitName = Pick<OrderObstacle, 'limit' | 'field'> & { of: Pick<MarketRules, 'market'> }

function below(amount: Amount | null, limit: Amount | null, { of, ...name }: LimitName): OrderObstacle[] {
  if (amount === null || limit === null || !amount.lessThan(limit)) return []
  return [{ ...name, message: `is ${amount}; the smallest of ${of.market} is ${limit}`, nearest: String(limit) }]
}

function above(amount: Amount | null, limit: Amount | null, { of, ...name }: LimitName): OrderObstacle[] {
  if (amount === null || limit === null || limit.isZero() || !amount.moreThan(limit)) return []
  return [{ ...name, message: `is ${amount}; the largest of ${of.market} is ${limit}`, nearest: String(limit) }]
}

/** The documented limits on an order's value. They apply to markets in USD only, since Paxos states them in USD. */
function notionalLimits(request: OrderRequest, market: MarketRules, notional: Amount | null): OrderObstacle[] {
  if (notional === null || market.quoteAsset !== 'USD') return []
  const isMarket = request.type === 'MARKET' || request.type === 'STOP_MARKET'
  const largest = LARGE_ASSETS.includes(market.baseAsset) ? MAX_LIMIT_NOTIONAL_LARGE : MAX_LIMIT_NOTIONAL
  const limit = isMarket ? MAX_MARKET_NOTIONAL : largest
  if (!notional.moreThan(limit)) return []
  const price = request.price ?? request.stopPrice
  const field = request.quoteAmount === null ? 'baseAmount' : 'quoteAmount'
  const nearest = request.quoteAmount !== null || price === null ? limit : limit.dividedBy(Amount.of(price), BASE_DECIMALS, 'down')
  return [
    {
      limit: isMarket ? 'max-market-notional' : 'max-limit-notional',
      field,
      message: `comes to ${notional} USD; Paxos takes ${limit} USD at most in one ${isMarket ? 'market' : 'limit'} order`,
      nearest: String(nearest),
    },
  ]
}

function unaffordable(request: OrderRequest, asset: string, pays: Amount | null, available: Amount): OrderObstacle[] {
  if (pays === null || !pays.moreThan(available)) return []
  const field = request.quoteAmount === null ? 'baseAmount' : 'quoteAmount'
  const price = request.price ?? request.stopPrice
  const boughtByPrice = request.side === 'BUY' && request.quoteAmount === null && price !== null
  const most = boughtByPrice ? available.dividedBy(Amount.of(price), BASE_DECIMALS, 'down') : available
  const fits = most.round(field === 'quoteAmount' ? QUOTE_DECIMALS : BASE_DECIMALS, 'down')
  const message = `takes ${pays} ${asset}; ${available} ${asset} is available`
  return [{ limit: 'available-balance', field, message, nearest: fits.isPositive() ? String(fits) : null }]
}

/** The rest after a sale that is too small for another sale. */
function dustOf(side: OrderSide, { minBaseAmount }: MarketRules, after: Amount | null): string | null {
  const stays = side === 'SELL' && after?.isPositive() && minBaseAmount !== null && after.lessThan(minBaseAmount)
  return stays ? String(after) : null
}
