import type { Decimal } from '../money/decimal.ts'
import type { Order } from './order.ts'
import type { OrderBook } from './order-book.ts'

/** A taker's limit this far from the mid price is rejected, in percent (documented). */
const TAKER_LIMIT_PERCENT = '15'

/** Whether the book refuses the order: a post-only order that would trade at once, or a taker's limit far from the mid price. */
export function isRefusedByTheBook({ side, type, price }: Order, { asks, bids }: OrderBook, mid: Decimal): boolean {
  const best = side === 'BUY' ? asks[0] : bids[0]
  if (!best || !price || (side === 'BUY' ? price.lt(best.price) : price.gt(best.price))) return false
  return type === 'POST_ONLY_LIMIT' || (type === 'LIMIT' && isFar(price, mid))
}

function isFar(price: Decimal, mid: Decimal): boolean {
  return price.minus(mid).abs().times('100').gte(mid.times(TAKER_LIMIT_PERCENT))
}
