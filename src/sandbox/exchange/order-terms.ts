import { type Decimal, decimal, halfUpTo, ZERO } from '../money/decimal.ts'
import type { MarketPrices } from './market-prices.ts'
import { MARKETS, type Market } from './markets.ts'
import type { NewOrder } from './order.ts'

/** Decimals of a commission (documented). */
const COMMISSION_DECIMALS = 19

/** @throws Error for an unknown market: requests are checked before they come here */
export function marketOf({ market }: { market: string }): Market {
  const known = MARKETS.get(market)
  if (!known) throw new Error(`unknown market ${market}`)
  return known
}

/** The funds that an order needs, with commission: for a market buy the amount to spend, for a limit buy its price times its amount. */
export function needs(wanted: NewOrder, commissionRate: string): { asset: string; amount: Decimal } {
  const { base, quote } = marketOf(wanted)
  if (wanted.side === 'SELL') return { asset: base, amount: wanted.baseAmount ?? ZERO }
  const notional = wanted.quoteAmount ?? (wanted.baseAmount ?? ZERO).times(wanted.price ?? ZERO)
  return { asset: quote, amount: notional.plus(commissionOn(notional, commissionRate)) }
}

/** The notional of an order in the quote asset, at its own price if it has one, else at the market's. */
export function notionalOf({ quoteAmount, baseAmount, price, market }: NewOrder, prices: MarketPrices): Decimal {
  return quoteAmount ?? (baseAmount ?? ZERO).times(price ?? prices.mid(marketOf({ market })))
}

/** `rate`: share of the notional, as a decimal string. */
export function commissionOn(notional: Decimal, rate: string): Decimal {
  return halfUpTo(notional.times(decimal(rate)), COMMISSION_DECIMALS)
}
