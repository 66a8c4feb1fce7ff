import type { Decimal } from '../money/decimal.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { MarketPrices } from './market-prices.ts'
import type { Market } from './markets.ts'
import { type OrderBook, orderBook } from './order-book.ts'

/** The invented book of each market, made once for each step of its price. */
export class BookShelf {
  #prices: MarketPrices
  #random: SeededRandom
  #books = new Map<string, { step: number; mid: Decimal; book: OrderBook }>()

  constructor({ prices, random }: { prices: MarketPrices; random: SeededRandom }) {
    this.#prices = prices
    this.#random = random
  }

  /** The same book for all orders between two steps of the price, so that ten thousand open orders cost one. */
  of(market: Market): OrderBook {
    const [prices, random] = [this.#prices, this.#random]
    const [mid, step] = [prices.mid(market), prices.step(market)]
    const known = this.#books.get(market.market)
    if (known?.step === step && known.mid.eq(mid)) return known.book
    const book = orderBook({ market, mid, step, random })
    this.#books.set(market.market, { step, mid, book })
    return book
  }

  clear(): void {
    this.#books.clear()
  }
}
