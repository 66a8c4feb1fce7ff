import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import type { BalanceBook } from '../money/balance-book.ts'
import { ceilTo, type Decimal, decimal, halfUpTo, smallerOf, ZERO } from '../money/decimal.ts'
import type { NanoClock } from '../world/nano-clock.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { Execution, ExecutionStore } from './execution-store.ts'
import type { MarketPrices } from './market-prices.ts'
import { BASE_DECIMALS, MARKETS, type Market } from './markets.ts'
import { type Fill, fillAt, matchOrder } from './match-order.ts'
import { isClosed, type NewOrder, type Order, type OrderStatus } from './order.ts'
import { type OrderBook, orderBook } from './order-book.ts'
import type { OrderStore } from './order-store.ts'

/** Decimals of a commission (documented). */
const COMMISSION_DECIMALS = 19
/** A taker's limit this far from the mid price is rejected, in percent (documented). */
const TAKER_LIMIT_PERCENT = '15'
/** How often open orders are looked at where the price stands still. */
const SLOWEST_LOOK_MS = 1_000
const FASTEST_LOOK_MS = 50

export interface ExchangeParts {
  settings: SandboxSettings
  random: SeededRandom
  clock: NanoClock
  story: StoryLog
  balances: BalanceBook
  prices: MarketPrices
  orders: OrderStore
  executions: ExecutionStore
}

/**
 * Takes orders, holds what they need, matches them against the invented book of each market, and moves the balances with every
 * execution (paxos/api.md 8.1). The caller has checked the order and whether its owner may trade.
 */
export class Exchange {
  #parts: ExchangeParts
  #timers = new Set<NodeJS.Timeout>()
  #look: NodeJS.Timeout | null = null
  #waiting = new Map<Order, Set<() => void>>()
  #books = new Map<string, { step: number; mid: Decimal; book: OrderBook }>()

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** The same for all orders between two steps of the price: ten thousand open orders are looked at with one book. */
  book(market: Market): OrderBook {
    const { prices, random } = this.#parts
    const [mid, step] = [prices.mid(market), prices.step(market)]
    const known = this.#books.get(market.market)
    if (known?.step === step && known.mid.eq(mid)) return known.book
    const book = orderBook({ market, mid, step, random })
    this.#books.set(market.market, { step, mid, book })
    return book
  }

  /** What an order needs in its asset, commission included: of a market buy what it may spend, of a limit buy its price times its amount. */
  needs(wanted: NewOrder): { asset: string; amount: Decimal } {
    const { base, quote } = marketOf(wanted)
    if (wanted.side === 'SELL') return { asset: base, amount: wanted.baseAmount ?? ZERO }
    const notional = wanted.quoteAmount ?? (wanted.baseAmount ?? ZERO).times(wanted.price ?? ZERO)
    return { asset: quote, amount: notional.plus(this.#commission(notional)) }
  }

  /** The notional of an order in the quote asset, at its own price or else at the market's. */
  notional({ quoteAmount, baseAmount, price, market }: NewOrder): Decimal {
    return quoteAmount ?? (baseAmount ?? ZERO).times(price ?? this.#parts.prices.mid(marketOf({ market })))
  }

  /** A new order, SUBMITTED; its matching follows after `fillDelayMs`. The funds are there: the caller has looked. */
  place(wanted: NewOrder, magic: string | null): Order {
    const { random, clock, story, orders, balances } = this.#parts
    const nth = wanted.refId === null ? orders.all.length : orders.withRefIds([wanted.refId]).length
    const id = random.uuid('order', wanted.refId ?? 'without ref_id', nth)
    const createdAtNs = clock.next(1000n)
    const { asset, amount } = this.needs(wanted)
    const { profileId } = wanted
    balances.post({ asset, amount, from: `available ${profileId}`, to: `trading ${profileId}`, cause: `hold of order ${id}` })
    const order: Order = {
      ...wanted,
      id,
      createdAtNs,
      modifiedAtNs: createdAtNs,
      status: 'SUBMITTED',
      filled: ZERO,
      gross: ZERO,
      held: amount,
      triggered: false,
      resting: false,
      magic,
      closedAtMs: null,
    }
    orders.add(order)
    story.tell({ kind: 'order-created', orderId: id, profileId, refId: order.refId, accountId: order.accountId })
    this.#later(() => this.#begin(order))
    return order
  }

  /** Resolves when the order is closed, or after `ms`. */
  closed(order: Order, ms: number): Promise<void> {
    if (isClosed(order)) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(order) ?? new Set()
      this.#waiting.set(order, waiting.add(resolve))
      this.#later(() => {
        waiting.delete(resolve)
        resolve()
      }, ms)
    })
  }

  /** A request only: the order is cancelled `cancelDelayMs` later, unless it was closed by then. */
  cancel(order: Order): void {
    this.#later(() => {
      if (!isClosed(order)) this.#close(order, 'CANCELLED')
    }, this.#parts.settings.cancelDelayMs)
  }

  /** Annuls an execution: its postings are reversed, and what the order had filled shrinks. How Paxos shows it is not documented. */
  bust(execution: Execution): void {
    const { orders, balances, story, clock } = this.#parts
    const order = orders.get(execution.orderId)
    if (!order || execution.busted) return
    execution.busted = true
    const { base, quote } = marketOf(order)
    const { amount, gross, commission, side } = execution
    const cause = `bust of execution ${execution.id}`
    const [own, receiving] = [order.profileId, order.recipientProfileId ?? order.profileId] as const
    const options = { overdraw: true }
    if (side === 'BUY') {
      balances.post({ asset: base, amount, from: `available ${receiving}`, to: 'market', cause }, options)
      balances.post({ asset: quote, amount: gross, from: 'market', to: `available ${own}`, cause })
      balances.post({ asset: quote, amount: commission, from: 'commissions', to: `available ${own}`, cause })
    } else {
      balances.post({ asset: quote, amount: gross.minus(commission), from: `available ${receiving}`, to: 'market', cause }, options)
      balances.post({ asset: quote, amount: commission, from: 'commissions', to: 'market', cause })
      balances.post({ asset: base, amount, from: 'market', to: `available ${own}`, cause })
    }
    order.filled = order.filled.minus(amount)
    order.gross = order.gross.minus(gross)
    order.modifiedAtNs = clock.next(1000n)
    if (isClosed(order)) order.status = 'CANCELLED'
    story.tell({ kind: 'execution-busted', executionId: String(execution.id), orderId: order.id, profileId: own })
  }

  /** Matches every open order again: the price moved, or a market opened. */
  lookAtOpenOrders(): void {
    for (const order of this.#parts.orders.open) {
      const expired = order.expiresAtMs !== null && Date.now() >= order.expiresAtMs
      if (expired) this.#close(order, 'CANCELLED')
      else if (order.status === 'OPEN') this.#match(order)
    }
    this.#keepLooking()
  }

  /** The open orders of an earlier run go on. */
  resume(): void {
    for (const order of this.#parts.orders.open) {
      if (order.status === 'SUBMITTED') this.#later(() => this.#begin(order))
    }
    this.#keepLooking()
  }

  /** Drops everything that was to happen later. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    if (this.#look) clearTimeout(this.#look)
    this.#look = null
    for (const waiting of this.#waiting.values()) for (const resolve of waiting) resolve()
    this.#waiting.clear()
    this.#books.clear()
  }

  /** The first look at a new order: what the book refuses is refused here, and not in the answer to the call. */
  #begin(order: Order): void {
    if (isClosed(order)) return
    this.#cancelOwnResting(order)
    if (order.magic === 'rejected' || this.#isRefusedByTheBook(order)) this.#close(order, 'REJECTED')
    else this.#match(order)
    this.#keepLooking()
  }

  /** A post-only order that would trade at once, and a taker's limit that is far from the mid price. */
  #isRefusedByTheBook({ market: name, side, type, price }: Order): boolean {
    const market = marketOf({ market: name })
    const { asks, bids } = this.book(market)
    const best = side === 'BUY' ? asks[0] : bids[0]
    if (!best || !price || (side === 'BUY' ? price.lt(best.price) : price.gt(best.price))) return false
    return type === 'POST_ONLY_LIMIT' || (type === 'LIMIT' && this.#isFar(market, price))
  }

  #match(order: Order): void {
    if (isClosed(order)) return
    const outcome = this.#trade(order)
    if (outcome === 'FILLED') this.#finish(order)
    else if (outcome === 'CANCELLED') this.#close(order, 'CANCELLED')
    else this.#rest(order)
    if (outcome === 'more') this.#later(() => this.#match(order))
  }

  /** Executes what the book gives now, and says what that makes of the order; `more`: further parts follow. */
  #trade(order: Order): 'FILLED' | 'CANCELLED' | 'OPEN' | 'more' {
    if (order.magic === 'never-fills' || !this.#trigger(order)) return 'OPEN'
    const limit = order.type === 'MARKET' || order.type === 'STOP_MARKET' ? null : order.price
    const { asks, bids } = this.book(marketOf(order))
    const left = leftOf(order)
    const fills = matchOrder({ side: order.side, limit, ...left }, order.side === 'BUY' ? asks : bids)
    const whole = isWhole(left, fills)
    if (order.timeInForce === 'FOK' && !whole) return 'CANCELLED'
    // A resting order is met at its own price, not at the better one of the book that moved through it.
    const own = order.resting ? limit : null
    const part = this.#partOf(order, fills)
    for (const fill of part) this.#execute(order, own ? fillAt(own, fill.amount) : fill)
    if (order.magic === 'half-then-cancelled') return 'CANCELLED'
    if (!total(part).eq(total(fills))) return 'more'
    if (whole) return 'FILLED'
    if (limit === null || order.timeInForce === 'IOC') return 'CANCELLED'
    order.resting = true
    return 'OPEN'
  }

  #finish(order: Order): void {
    this.#close(order, 'FILLED')
    if (order.magic !== 'busted') return
    this.#later(() => {
      for (const execution of this.#parts.executions.ofOrder(order.id)) this.bust(execution)
    })
  }

  /** A stop order sleeps until a bid is at or below its stop price. */
  #trigger(order: Order): boolean {
    if (order.stopPrice === null || order.triggered) return true
    const bid = this.book(marketOf(order)).bids[0]
    order.triggered = bid?.price.lte(order.stopPrice) ?? false
    return order.triggered
  }

  /** The share of `fills` that is executed at once: all, or one of several parts. */
  #partOf(order: Order, fills: readonly Fill[]): readonly Fill[] {
    const parts = order.magic === 'ten-parts' ? 10 : order.magic === 'half-then-cancelled' ? 2 : this.#parts.settings.fillParts
    if (parts === 1 || fills.length === 0) return fills
    const all = order.filled.plus(total(fills))
    let left = ceilTo(all.div(String(parts)), BASE_DECIMALS)
    const part: Fill[] = []
    for (const fill of fills) {
      const amount = smallerOf(left, fill.amount)
      if (amount.lte(ZERO)) break
      part.push(fillAt(fill.price, amount))
      left = left.minus(amount)
    }
    return part
  }

  #execute(order: Order, { price, amount, gross }: Fill): void {
    const { executions, balances, clock, story } = this.#parts
    const { base, quote } = marketOf(order)
    const exact = this.#commission(gross)
    // Many small commissions, each rounded, may come to more than the one that was held for.
    const commission = order.side === 'BUY' ? smallerOf(exact, order.held.minus(gross)) : exact
    const id = executions.nextId
    const cause = `execution ${id}`
    const { profileId } = order
    const receiving = order.recipientProfileId ?? profileId
    if (order.side === 'BUY') {
      const spent = gross.plus(commission)
      balances.post({ asset: quote, amount: gross, from: `trading ${profileId}`, to: 'market', cause })
      balances.post({ asset: quote, amount: commission, from: `trading ${profileId}`, to: 'commissions', cause })
      balances.post({ asset: base, amount, from: 'market', to: `available ${receiving}`, cause })
      order.held = order.held.minus(spent)
    } else {
      balances.post({ asset: base, amount, from: `trading ${profileId}`, to: 'market', cause })
      balances.post({ asset: quote, amount: gross.minus(commission), from: 'market', to: `available ${receiving}`, cause })
      balances.post({ asset: quote, amount: commission, from: 'market', to: 'commissions', cause })
      order.held = order.held.minus(amount)
    }
    order.filled = order.filled.plus(amount)
    order.gross = order.gross.plus(gross)
    order.modifiedAtNs = clock.next(1000n)
    const facts = { id, orderId: order.id, profileId, accountId: order.accountId, market: order.market, side: order.side }
    executions.add({ ...facts, price, amount, gross, commission, quoteAsset: quote, createdAtNs: order.modifiedAtNs, busted: false })
    story.tell({
      kind: 'execution',
      executionId: String(id),
      orderId: order.id,
      profileId,
      amount: amount.toFixed(),
      price: price.toFixed(),
    })
  }

  #rest(order: Order): void {
    if (order.status === 'OPEN') return
    order.status = 'OPEN'
    order.modifiedAtNs = this.#parts.clock.next(1000n)
  }

  /** The end of an order: what it did not use is available again. */
  #close(order: Order, status: OrderStatus): void {
    const { orders, balances, clock, story } = this.#parts
    const { profileId, held: amount } = order
    const { base, quote } = marketOf(order)
    const asset = order.side === 'BUY' ? quote : base
    balances.post({ asset, amount, from: `trading ${profileId}`, to: `available ${profileId}`, cause: `release of order ${order.id}` })
    order.held = ZERO
    order.status = status
    order.closedAtMs = Date.now()
    order.modifiedAtNs = clock.next(1000n)
    orders.settle(order)
    story.tell({ kind: 'order-closed', orderId: order.id, profileId, refId: order.refId, status, filled: order.filled.toFixed() })
    for (const resolve of this.#waiting.get(order) ?? []) resolve()
    this.#waiting.delete(order)
  }

  /** An order that would meet one's own resting order cancels that one (documented); "own" is read as: of the same profile. */
  #cancelOwnResting(order: Order): void {
    if (order.selfMatchPreventionId !== null) return
    for (const resting of this.#parts.orders.openOf(order.profileId)) {
      const opposite = resting.status === 'OPEN' && resting.market === order.market && resting.side !== order.side
      if (!opposite || resting.price === null || (resting.stopPrice && !resting.triggered)) continue
      const meets = order.price === null || (order.side === 'BUY' ? order.price.gte(resting.price) : order.price.lte(resting.price))
      if (meets) this.#close(resting, 'CANCELLED')
    }
  }

  #isFar(market: Market, price: Decimal): boolean {
    const mid = this.#parts.prices.mid(market)
    return price.minus(mid).abs().times('100').gte(mid.times(TAKER_LIMIT_PERCENT))
  }

  #commission(notional: Decimal): Decimal {
    return halfUpTo(notional.times(decimal(this.#parts.settings.commissionRate)), COMMISSION_DECIMALS)
  }

  #later(act: () => void, ms = this.#parts.settings.fillDelayMs): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  /** Looks at the open orders again and again, while there are any. */
  #keepLooking(): void {
    if (this.#look || this.#parts.orders.open.size === 0) return
    const { priceStepMs } = this.#parts.settings
    const ms = Math.min(Math.max(priceStepMs || SLOWEST_LOOK_MS, FASTEST_LOOK_MS), SLOWEST_LOOK_MS)
    this.#look = setTimeout(() => {
      this.#look = null
      this.lookAtOpenOrders()
    }, ms)
  }
}

/** @throws Error for an unknown market: requests are checked before they come here */
function marketOf({ market }: { market: string }): Market {
  const known = MARKETS.get(market)
  if (!known) throw new Error(`unknown market ${market}`)
  return known
}

function leftOf({ baseAmount, quoteAmount, filled, gross }: Order): { base: Decimal | null; quote: Decimal | null } {
  if (baseAmount) return { base: baseAmount.minus(filled), quote: null }
  return { base: null, quote: quoteAmount ? quoteAmount.minus(gross) : null }
}

/** Whether these fills complete the order; of a market buy, when what is left of its cash buys nothing more. */
function isWhole({ base, quote }: { base: Decimal | null; quote: Decimal | null }, fills: readonly Fill[]): boolean {
  if (base) return total(fills).gte(base)
  const last = fills.at(-1)
  if (!quote || !last) return false
  const spent = fills.reduce((sum, { gross }) => sum.plus(gross), ZERO)
  return quote.minus(spent).lt(last.price.times('0.00000001'))
}

function total(fills: readonly Fill[]): Decimal {
  return fills.reduce((sum, { amount }) => sum.plus(amount), ZERO)
}
