import { BASE_DECIMALS, MARKETS, MAX_MARKET_NOTIONAL, type Market, MIN_BASE, MIN_QUOTE } from '../exchange/markets.ts'
import { type Decimal, floorTo } from '../money/decimal.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { problem } from './paxos-problem.ts'
import { queryList } from './query.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'

/** Documented: most recent executions in an answer. */
const MAX_RECENT = 2_000
const ONE_DAY_MS = 86_400_000

/** Markets, books and prices, all without a token (paxos/api.md 8.1). */
export function marketRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { prices, exchange, executions } = state

  simulate('GET /markets', () => ({ markets: [...MARKETS.values()].map((market) => marketView(market, state)) }))

  simulate('GET /markets/{market}/order-book', (call) => {
    const market = requireMarket(call.params.market ?? '')
    const { asks, bids } = exchange.book(market)
    const view = ({ price, amount }: { price: Decimal; amount: Decimal }): object => ({ price: price.toFixed(), amount: amount.toFixed() })
    return { market: market.market, asks: asks.map(view), bids: bids.map(view) }
  })

  simulate('GET /markets/{market}/recent-executions', (call) => {
    const { market } = requireMarket(call.params.market ?? '')
    const items = executions.all
      .filter((execution) => execution.market === market && !execution.busted)
      .slice(-MAX_RECENT)
      .toReversed()
      .map(({ id, price, amount, createdAtNs }) => ({
        match_number: String(id),
        price: price.toFixed(),
        amount: amount.toFixed(),
        executed_at: isoTime(Number(createdAtNs / 1_000_000n)),
      }))
    return { items }
  })

  simulate('GET /markets/{market}/ticker', (call) => tickerView(call, state))

  simulate('GET /all-markets/prices', ({ query }) => {
    const asked = queryList(query, 'markets')
    if (asked.length === 0) throw problem(400, 'markets: is required')
    return {
      items: asked.map(requireDollarMarket).map((market) => {
        const { mid, atMs } = prices.shown(market)
        return { market: market.market, current_price: mid.toFixed(), yesterday_price: market.start.toFixed(), snapshot_at: isoTime(atMs) }
      }),
    }
  })
}

/** @throws 400 with the documented text */
export function requireMarket(name: string): Market {
  const market = MARKETS.get(name)
  if (!market) throw problem(400, `invalid market ${name}`)
  return market
}

/** Prices and tickers are documented for markets against USD only. */
function requireDollarMarket(name: string): Market {
  const market = requireMarket(name)
  if (market.quote !== 'USD') throw problem(400, `invalid market ${name}`)
  return market
}

function marketView({ market, base, quote, tick, start, maxLimitNotional }: Market, { marketStatus }: SandboxState): object {
  const { buy, sell, sinceMs } = marketStatus.of(market)
  return {
    market,
    base_asset: base,
    quote_asset: quote,
    tick_rate: tick.toFixed(),
    market_status: {
      buy_status: buy ? 'UNAVAILABLE' : 'AVAILABLE',
      ...(buy ? { buy_reason: buy } : {}),
      sell_status: sell ? 'UNAVAILABLE' : 'AVAILABLE',
      ...(sell ? { sell_reason: sell } : {}),
      updated_at: isoTime(sinceMs),
      scheduled_maintenance: [],
    },
    min_base_amount: MIN_BASE.toFixed(),
    max_base_amount: floorTo(maxLimitNotional.div(start), BASE_DECIMALS).toFixed(),
    min_quote_amount: MIN_QUOTE.toFixed(),
    max_quote_amount: MAX_MARKET_NOTIONAL.toFixed(),
  }
}

function tickerView({ params }: Call, { prices, exchange, executions }: SandboxState): object {
  const market = requireDollarMarket(params.market ?? '')
  const { asks, bids } = exchange.book(market)
  const level = (at: { price: Decimal; amount: Decimal } | undefined): object =>
    at ? { price: at.price.toFixed(), amount: at.amount.toFixed() } : {}
  const { mid, atMs } = prices.shown(market)
  const mids = prices.history(market).map((point) => point.mid)
  const trades = executions.all.filter((execution) => execution.market === market.market && !execution.busted)
  const volume = trades.reduce<Decimal | null>((sum, { amount }) => (sum ? sum.plus(amount) : amount), null)
  const statistics = {
    high: mids.reduce((high, price) => (price.gt(high) ? price : high), mid).toFixed(),
    low: mids.reduce((low, price) => (price.lt(low) ? price : low), mid).toFixed(),
    open: (mids[0] ?? mid).toFixed(),
    volume: volume?.toFixed() ?? '0',
    volume_weighted_average_price: mid.toFixed(),
  }
  const midnightMs = Math.floor(atMs / ONE_DAY_MS) * ONE_DAY_MS
  const range = (beginMs: number): object => ({ begin: isoTime(beginMs), end: isoTime(atMs) })
  return {
    market: market.market,
    best_bid: level(bids[0]),
    best_ask: level(asks[0]),
    last_execution: level(trades.at(-1)),
    last_day: { ...statistics, range: range(atMs - ONE_DAY_MS) },
    today: { ...statistics, range: range(midnightMs) },
    snapshot_at: isoTime(atMs),
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
