import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import type { BalanceBook } from '../money/balance-book.ts'
import type { NanoClock } from '../world/nano-clock.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { ExecutionStore } from './execution-store.ts'
import type { MarketPrices } from './market-prices.ts'
import type { OrderStore } from './order-store.ts'

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
