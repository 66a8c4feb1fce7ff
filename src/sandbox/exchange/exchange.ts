import { ZERO } from '../money/decimal.ts'
import { BookShelf } from './book-shelf.ts'
import type { ExchangeParts } from './exchange-parts.ts'
import { bustExecution, executeFill } from './execute-fill.ts'
import type { Execution } from './execution-store.ts'
import type { Market } from './markets.ts'
import { isClosed, type NewOrder, type Order, type OrderStatus } from './order.ts'
import type { OrderBook } from './order-book.ts'
import { marketOf, needs } from './order-terms.ts'
import { isRefusedByTheBook } from './refuse-by-book.ts'
import { tradeOrder } from './trade-order.ts'

/** The interval at which open orders are matched again while the price stands still, milliseconds. */
const LONGEST_CHECK_PAUSE_MS = 1_000
const SHORTEST_CHECK_PAUSE_MS = 50

/**
 * Takes orders, holds their funds, matches them against the invented book of each market, and moves the balances with every execution
 * (paxos/api.md 8.1). The caller has checked the order and whether its owner may trade.
 */
export class Exchange {
  #parts: ExchangeParts
  #timers = new Set<NodeJS.Timeout>()
  #nextMatch: NodeJS.Timeout | null = null
  #waiting = new Map<Order, Set<() => void>>()
  #books: BookShelf

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    this.#books = new BookShelf(parts)
  }

  book(market: Market): OrderBook {
    return this.#books.of(market)
  }

  /** Annuls an execution. */
  bust(execution: Execution): void {
    bustExecution(this.#parts, execution)
  }

  /** Places a new order, SUBMITTED. Matching follows after `fillDelayMs`. The caller has checked the funds. */
  place(wanted: NewOrder, magic: string | null): Order {
    const { random, clock, story, orders, balances, settings } = this.#parts
    const nth = wanted.refId === null ? orders.all.length : orders.withRefIds([wanted.refId]).length
    const id = random.uuid('order', wanted.refId ?? 'without ref_id', nth)
    const createdAtNs = clock.next(1000n)
    const { asset, amount } = needs(wanted, settings.commissionRate)
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

  /** Resolves when the order is closed, or after `ms` milliseconds. */
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

  /** Requests a cancellation: the order is cancelled `cancelDelayMs` later, unless it is closed by then. */
  cancel(order: Order): void {
    this.#later(() => {
      if (!isClosed(order)) this.#close(order, 'CANCELLED')
    }, this.#parts.settings.cancelDelayMs)
  }

  /** Matches every open order again, after the price moved or a market opened. */
  matchOpenOrders(): void {
    for (const order of this.#parts.orders.open) {
      const expired = order.expiresAtMs !== null && Date.now() >= order.expiresAtMs
      if (expired) this.#close(order, 'CANCELLED')
      else if (order.status === 'OPEN') this.#match(order)
    }
    this.#keepMatching()
  }

  /** Resumes the open orders of an earlier run. */
  resume(): void {
    for (const order of this.#parts.orders.open) {
      if (order.status === 'SUBMITTED') this.#later(() => this.#begin(order))
    }
    this.#keepMatching()
  }

  /** Cancels all pending timers. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    if (this.#nextMatch) clearTimeout(this.#nextMatch)
    this.#nextMatch = null
    for (const waiting of this.#waiting.values()) for (const resolve of waiting) resolve()
    this.#waiting.clear()
    this.#books.clear()
  }

  /** The first match of a new order: the book refuses orders here, and not in the answer to the call. */
  #begin(order: Order): void {
    if (isClosed(order)) return
    this.#cancelOwnResting(order)
    if (order.magic === 'rejected' || this.#isRefused(order)) this.#close(order, 'REJECTED')
    else this.#match(order)
    this.#keepMatching()
  }

  #isRefused(order: Order): boolean {
    const market = marketOf(order)
    return isRefusedByTheBook(order, this.book(market), this.#parts.prices.mid(market))
  }

  #match(order: Order): void {
    if (isClosed(order)) return
    const outcome = tradeOrder(order, {
      book: this.book(marketOf(order)),
      fillParts: this.#parts.settings.fillParts,
      execute: (fill) => executeFill(this.#parts, order, fill),
    })
    if (outcome === 'FILLED') this.#finish(order)
    else if (outcome === 'CANCELLED') this.#close(order, 'CANCELLED')
    else this.#rest(order)
    if (outcome === 'more') this.#later(() => this.#match(order))
  }

  #finish(order: Order): void {
    this.#close(order, 'FILLED')
    if (order.magic !== 'busted') return
    this.#later(() => {
      for (const execution of this.#parts.executions.ofOrder(order.id)) this.bust(execution)
    })
  }

  #rest(order: Order): void {
    if (order.status === 'OPEN') return
    order.status = 'OPEN'
    order.modifiedAtNs = this.#parts.clock.next(1000n)
  }

  /** Closes an order: its unused funds are available again. */
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

  /**
   * An order that would meet a resting order of its own side's owner cancels that one (documented). "Own" is read as: of the same profile.
   */
  #cancelOwnResting(order: Order): void {
    if (order.selfMatchPreventionId !== null) return
    for (const resting of this.#parts.orders.openOf(order.profileId)) {
      const opposite = resting.status === 'OPEN' && resting.market === order.market && resting.side !== order.side
      if (!opposite || resting.price === null || (resting.stopPrice && !resting.triggered)) continue
      const meets = order.price === null || (order.side === 'BUY' ? order.price.gte(resting.price) : order.price.lte(resting.price))
      if (meets) this.#close(resting, 'CANCELLED')
    }
  }

  #later(act: () => void, ms = this.#parts.settings.fillDelayMs): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  /** Matches the open orders repeatedly while there are any. */
  #keepMatching(): void {
    if (this.#nextMatch || this.#parts.orders.open.size === 0) return
    const { priceStepMs } = this.#parts.settings
    const ms = Math.min(Math.max(priceStepMs || LONGEST_CHECK_PAUSE_MS, SHORTEST_CHECK_PAUSE_MS), LONGEST_CHECK_PAUSE_MS)
    this.#nextMatch = setTimeout(() => {
      this.#nextMatch = null
      this.matchOpenOrders()
    }, ms)
  }
}
