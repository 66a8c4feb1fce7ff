import { ceilTo, type Decimal, smallerOf, ZERO } from '../money/decimal.ts'
import { BASE_DECIMALS } from './markets.ts'
import { type Fill, fillAt, matchOrder } from './match-order.ts'
import type { Order } from './order.ts'
import type { OrderBook } from './order-book.ts'

interface TradeOptions {
  book: OrderBook
  /** The number of executions that an order is filled in. */
  fillParts: number
  execute: (fill: Fill) => void
}

/** Executes the fills that the book gives now and returns the order's new status; `more`: further parts follow. */
export function tradeOrder(order: Order, { book, fillParts, execute }: TradeOptions): 'FILLED' | 'CANCELLED' | 'OPEN' | 'more' {
  if (order.magic === 'never-fills' || !trigger(order, book)) return 'OPEN'
  const limit = order.type === 'MARKET' || order.type === 'STOP_MARKET' ? null : order.price
  const left = leftOf(order)
  const fills = matchOrder({ side: order.side, limit, ...left }, order.side === 'BUY' ? book.asks : book.bids)
  const whole = isWhole(left, fills)
  if (order.timeInForce === 'FOK' && !whole) return 'CANCELLED'
  // A resting order fills at its own price, not at the better price of a book that moved through it.
  const own = order.resting ? limit : null
  const part = partOf(order, fills, fillParts)
  for (const fill of part) execute(own ? fillAt(own, fill.amount) : fill)
  if (order.magic === 'half-then-cancelled') return 'CANCELLED'
  if (!total(part).eq(total(fills))) return 'more'
  if (whole) return 'FILLED'
  if (limit === null || order.timeInForce === 'IOC') return 'CANCELLED'
  order.resting = true
  return 'OPEN'
}

/** A stop order sleeps until a bid is at or below its stop price. */
function trigger(order: Order, { bids }: OrderBook): boolean {
  if (order.stopPrice === null || order.triggered) return true
  const bid = bids[0]
  order.triggered = bid?.price.lte(order.stopPrice) ?? false
  return order.triggered
}

/** The share of `fills` that is executed at once: all, or one of several parts. */
function partOf(order: Order, fills: readonly Fill[], fillParts: number): readonly Fill[] {
  const parts = order.magic === 'ten-parts' ? 10 : order.magic === 'half-then-cancelled' ? 2 : fillParts
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

function leftOf({ baseAmount, quoteAmount, filled, gross }: Order): { base: Decimal | null; quote: Decimal | null } {
  if (baseAmount) return { base: baseAmount.minus(filled), quote: null }
  return { base: null, quote: quoteAmount ? quoteAmount.minus(gross) : null }
}

/** Whether these fills complete the order. A market buy is complete when the rest of its cash buys nothing more. */
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
