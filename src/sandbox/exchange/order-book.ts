import { ceilTo, type Decimal, decimal, floorTo } from '../money/decimal.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import { BASE_DECIMALS, type Market } from './markets.ts'

export interface Level {
  readonly price: Decimal
  /** In the base asset. */
  readonly amount: Decimal
}

/** Best price first. */
export interface OrderBook {
  readonly asks: readonly Level[]
  readonly bids: readonly Level[]
}

const LEVELS = 20
/** Distance of the first level from the mid price, and between further levels, in basis points. */
const FIRST_BASIS_POINTS = 3
const STEP_BASIS_POINTS = 2
/** Limits of a level's size, in the quote asset: enough for every order within Paxos's limits. */
const LEAST_NOTIONAL = 40_000
const SPREAD_NOTIONAL = 80_000

/** The public book around a mid price: invented, the same for the same seed, market and step of the price walk. */
export function orderBook({ market, mid, step, random }: { market: Market; mid: Decimal; step: number; random: SeededRandom }): OrderBook {
  const ladder = (side: 'ask' | 'bid'): Level[] => {
    const levels: Level[] = []
    for (let index = 0; index < LEVELS; index++) {
      const offset = String((side === 'ask' ? 1 : -1) * (FIRST_BASIS_POINTS + index * STEP_BASIS_POINTS))
      const ticks = mid.times(decimal('10000').plus(offset)).div('10000').div(market.tick)
      const price = (side === 'ask' ? ceilTo(ticks, 0) : floorTo(ticks, 0)).times(market.tick)
      if (price.lte('0')) break
      if (levels.at(-1)?.price.eq(price)) continue
      const notional = LEAST_NOTIONAL + Math.floor(random.fraction('level', market.market, step, side, index) * SPREAD_NOTIONAL)
      levels.push({ price, amount: floorTo(decimal(String(notional)).div(price), BASE_DECIMALS) })
    }
    return levels
  }
  return { asks: ladder('ask'), bids: ladder('bid') }
}
