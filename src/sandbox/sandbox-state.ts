import type { RateLimits } from './api/rate-limits.ts'
import type { SandboxClient, TokenStore } from './api/token-store.ts'
import type { FaultBook } from './control/fault-book.ts'
import type { RuleBook } from './control/rule-book.ts'
import type { SandboxSettings } from './control/sandbox-settings.ts'
import type { StoryLog } from './control/story-log.ts'
import type { Exchange } from './exchange/exchange.ts'
import type { ExecutionStore } from './exchange/execution-store.ts'
import type { MarketPrices } from './exchange/market-prices.ts'
import type { MarketStatus } from './exchange/market-status.ts'
import type { OrderStore } from './exchange/order-store.ts'
import type { QuoteExecutions } from './exchange/quote-executions.ts'
import type { Quotes } from './exchange/quotes.ts'
import type { BalanceBook } from './money/balance-book.ts'
import type { TransferDesk } from './money/transfer-desk.ts'
import type { TransferStore } from './money/transfer-store.ts'
import type { WebhookSender } from './webhooks/webhook-sender.ts'
import type { AccountStore } from './world/account-store.ts'
import type { DecisionEngine } from './world/decision-engine.ts'
import type { EventStore } from './world/event-store.ts'
import type { IdentityStore } from './world/identity-store.ts'
import type { KycRefreshes } from './world/kyc-refresh.ts'
import type { NanoClock } from './world/nano-clock.ts'
import type { SeededRandom } from './world/seeded-random.ts'

/** The whole state of one simulator. The routes work on it, and tests in the same process may read it. */
export interface SandboxState {
  readonly settings: SandboxSettings
  readonly random: SeededRandom
  readonly clock: NanoClock
  readonly story: StoryLog
  readonly faults: FaultBook
  readonly rules: RuleBook
  readonly limits: RateLimits
  readonly tokens: TokenStore
  readonly clients: readonly SandboxClient[]
  readonly identities: IdentityStore
  readonly accounts: AccountStore
  readonly events: EventStore
  readonly engine: DecisionEngine
  readonly kycRefreshes: KycRefreshes
  readonly webhooks: WebhookSender
  readonly balances: BalanceBook
  readonly prices: MarketPrices
  readonly marketStatus: MarketStatus
  readonly orders: OrderStore
  readonly executions: ExecutionStore
  readonly exchange: Exchange
  readonly quotes: Quotes
  readonly quoteExecutions: QuoteExecutions
  readonly transfers: TransferStore
  readonly transferDesk: TransferDesk
}
