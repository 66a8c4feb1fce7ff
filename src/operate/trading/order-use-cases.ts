import type { Standing } from '../../domain/account/owner-standing.ts'
import type { Actor } from '../../domain/actor.ts'
import type { OrderRequest, OrderState } from '../../domain/trade/order.ts'
import type { OrderPreview } from '../../domain/trade/preview-order.ts'
import type { Deposit } from '../../domain/transfer/deposit.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { StreamEntry } from '../../ledger/read-entries.ts'
import type { OrderQuery, OrderRecord } from '../../ledger/read-orders.ts'
import type { PaxosBalance } from '../../paxos/balances.ts'
import type { PaxosMarket } from '../../paxos/markets.ts'
import type { Page } from '../../platform/page.ts'
import type { AccountProof } from '../proof/prove-balances.ts'
import type { FundRequest } from './fund-account.ts'
import type { QuoteUseCases } from './quote-use-cases.ts'
import type { SandboxWireUseCases } from './sandbox-wire-use-cases.ts'
import type { TransferUseCases } from './transfer-use-cases.ts'

/** An account, and what its owners permit it now. */
export interface AccountView extends AccountRecord {
  readonly standing: Standing
}

export interface Balances {
  readonly items: readonly PaxosBalance[]
  /** When Gatehouse read the balances from Paxos. */
  readonly asOf: Date
}

/** An order with its history. */
export interface OrderStory extends OrderRecord {
  readonly timeline: readonly StreamEntry[]
}

export interface PlaceOrder {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly request: OrderRequest
}

export interface PlacedOrder {
  readonly order: OrderStory
  /** True if this call created the order, false if it existed under the same key. */
  readonly created: boolean
}

/** What the application does with accounts and orders. Every call that reaches Paxos can reject with a PaxosError. */
export interface TradingUseCases extends QuoteUseCases, TransferUseCases, SandboxWireUseCases {
  /** By Paxos's id, or by the id of a further account. @throws AccountUnknownError */
  getAccount(id: string): Promise<AccountView>
  /** @throws AccountUnknownError */
  getBalances(accountId: string): Promise<Balances>
  listMarkets(): Promise<readonly PaxosMarket[]>
  /** The expected result of the order; sends nothing. @throws AccountUnknownError, MarketUnknownError */
  previewOrder(accountId: string, request: OrderRequest): Promise<OrderPreview>
  /**
   * Commits the order, sends it, and waits up to 5 s for Paxos's answer. After that the order may still be `submitting` or `unknown`. Safe to
   * repeat with the same key. @throws AccountUnknownError, AccountNotTradableError, MarketUnknownError, OrderNotPossibleError, IdempotencyKeyReusedError
   */
  placeOrder(order: PlaceOrder, actor: Actor): Promise<PlacedOrder>
  /** Requests a cancellation; refused if the order has ended. @throws OrderUnknownError, OrderEndedError */
  cancelOrder(orderId: string, actor: Actor): Promise<OrderStory>
  getOrder(orderId: string): Promise<OrderStory | null>
  /** Newest first. @throws UsageError for a foreign cursor */
  listOrders(query: OrderQuery & { state?: OrderState | undefined }): Promise<Page<OrderRecord>>
  /** Sandbox only. Safe to repeat with the same key. @throws AccountUnknownError, IdempotencyKeyReusedError */
  fundAccount(request: FundRequest, actor: Actor): Promise<{ deposit: Deposit; created: boolean }>
  /** Compares the ledger with the balances that Paxos reports; changes nothing. @throws AccountUnknownError */
  proveBalances(accountId: string): Promise<AccountProof>
}
