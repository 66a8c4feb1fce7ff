import type { SandboxSettings } from '../control/sandbox-settings.ts'
import { type Decimal, decimal, halfUpTo } from '../money/decimal.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { Market } from './markets.ts'

/** The walk turns back at this distance from its start, in percent. */
const LEASH_PERCENT = '20'
/** Steps kept for the price history, and the most steps caught up at once. */
const MAX_STEPS = 1_440

export interface PricePoint {
  readonly atMs: number
  readonly mid: Decimal
}

interface Walk {
  step: number
  /** Oldest first. The last one is the current price. */
  readonly points: PricePoint[]
}

/**
 * The mid price of each market: a walk with an nth step that follows from the seed alone. It takes a step every `priceStepMs`. A control
 * call may set the price, and the walk continues from there.
 */
export class MarketPrices {
  #settings: SandboxSettings
  #random: SeededRandom
  #walks = new Map<string, Walk>()

  constructor({ settings, random }: { settings: SandboxSettings; random: SeededRandom }) {
    this.#settings = settings
    this.#random = random
  }

  /** The price at which orders are matched now. */
  mid(market: Market): Decimal {
    return this.#now(market).mid
  }

  /** Number of steps of the walk: the same number under the same seed gives the same book. */
  step(market: Market): number {
    this.#now(market)
    return this.#walk(market).step
  }

  /** The price to show: the current one, or with the setting `stalePricesMs` an older one with its older time. */
  shown(market: Market): PricePoint {
    const now = this.#now(market)
    const { stalePricesMs } = this.#settings
    return stalePricesMs === 0 ? { ...now, atMs: Date.now() } : this.#before(market, Date.now() - stalePricesMs)
  }

  /** Oldest first. */
  history(market: Market): readonly PricePoint[] {
    this.#now(market)
    return this.#walk(market).points
  }

  /** Sets the price, rounded to the market's tick. */
  set(market: Market, mid: Decimal): void {
    this.#now(market)
    this.#add(this.#walk(market), { atMs: Date.now(), mid: toTick(mid, market.tick) })
  }

  /** The walk's position. */
  kept(market: Market): { step: number; point: PricePoint } {
    const { step, points } = this.#walk(market)
    return { step, point: points.at(-1) as PricePoint } // a walk begins with a point
  }

  /** Continues from this position: the time in between makes no steps. */
  restore(market: Market, { step, point }: { step: number; point: PricePoint }): void {
    this.#walks.set(market.market, { step, points: [{ mid: point.mid, atMs: Date.now() }] })
  }

  clear(): void {
    this.#walks.clear()
  }

  #walk(market: Market): Walk {
    let walk = this.#walks.get(market.market)
    if (!walk) {
      walk = { step: 0, points: [{ atMs: Date.now(), mid: market.start }] }
      this.#walks.set(market.market, walk)
    }
    return walk
  }

  #now(market: Market): PricePoint {
    const walk = this.#walk(market)
    const { priceStepMs } = this.#settings
    let last = walk.points.at(-1) as PricePoint // a walk begins with a point
    if (priceStepMs === 0) return last
    const due = Math.floor((Date.now() - last.atMs) / priceStepMs)
    const skippedMs = Math.max(0, due - MAX_STEPS) * priceStepMs
    for (let left = Math.min(due, MAX_STEPS); left > 0; left--) {
      const atMs = last.atMs + priceStepMs + (left === MAX_STEPS ? skippedMs : 0)
      last = this.#add(walk, { atMs, mid: this.#next(market, walk.step, last.mid) })
    }
    return last
  }

  #add(walk: Walk, point: PricePoint): PricePoint {
    walk.step++
    walk.points.push(point)
    if (walk.points.length > MAX_STEPS) walk.points.shift()
    return point
  }

  #next(market: Market, step: number, mid: Decimal): Decimal {
    const { priceStepBasisPoints } = this.#settings
    const fraction = this.#random.fraction('price', market.market, step)
    const millionths = Math.round((fraction * 2 - 1) * priceStepBasisPoints * 100)
    const away = mid.minus(market.start).times('100').div(market.start).round(0)
    const turned = away.abs().gte(LEASH_PERCENT) && away.gt('0') === millionths > 0 ? -millionths : millionths
    return toTick(mid.times(decimal(String(1_000_000 + turned))).div('1000000'), market.tick)
  }

  #before(market: Market, atMs: number): PricePoint {
    const { points } = this.#walk(market)
    const older = points.findLast((point) => point.atMs <= atMs)
    return { mid: (older ?? (points[0] as PricePoint)).mid, atMs }
  }
}

/** The nearest multiple of the tick, at least one tick. */
export function toTick(price: Decimal, tick: Decimal): Decimal {
  const ticks = halfUpTo(price.div(tick), 0)
  return (ticks.lt('1') ? decimal('1') : ticks).times(tick)
}
