import { type Decimal, floorTo, smallerOf, ZERO } from '../money/decimal.ts'
import { BASE_DECIMALS } from './markets.ts'
import type { Level } from './order-book.ts'

/** Decimals of `gross_trade_amount` (documented). */
const GROSS_DECIMALS = 14

/** An amount of the base asset at a price. `gross` is their product, in the quote asset. */
export interface Fill {
  readonly price: Decimal
  readonly amount: Decimal
  readonly gross: Decimal
}

export interface Wanted {
  readonly side: 'BUY' | 'SELL'
  /** The worst acceptable price; `null`: any price. */
  readonly limit: Decimal | null
  /** What is left: an amount of the base asset to trade, or an amount of the quote asset to spend. */
  readonly base: Decimal | null
  readonly quote: Decimal | null
}

/** The fills that `levels` (best first) give an order, in order. Pure. */
export function matchOrder({ side, limit, base, quote }: Wanted, levels: readonly Level[]): Fill[] {
  const fills: Fill[] = []
  let [baseLeft, quoteLeft] = [base, quote]
  for (const level of levels) {
    if (limit && (side === 'BUY' ? level.price.gt(limit) : level.price.lt(limit))) break
    const affordable = quoteLeft ? floorTo(quoteLeft.div(level.price), BASE_DECIMALS) : level.amount
    const amount = smallerOf(smallerOf(level.amount, affordable), baseLeft ?? level.amount)
    if (amount.lte(ZERO)) break
    const fill = fillAt(level.price, amount)
    fills.push(fill)
    baseLeft = baseLeft?.minus(fill.amount) ?? null
    quoteLeft = quoteLeft?.minus(fill.gross) ?? null
  }
  return fills
}

export function fillAt(price: Decimal, amount: Decimal): Fill {
  return { price, amount, gross: floorTo(price.times(amount), GROSS_DECIMALS) }
}
