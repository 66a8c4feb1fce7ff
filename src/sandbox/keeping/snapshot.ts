import type { Execution } from '../exchange/execution-store.ts'
import type { PricePoint } from '../exchange/market-prices.ts'
import { MARKETS } from '../exchange/markets.ts'
import type { Order } from '../exchange/order.ts'
import type { QuoteExecution } from '../exchange/quote-executions.ts'
import type { Posting } from '../money/balance-book.ts'
import type { DepositInstructions, Transfer } from '../money/transfer-store.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { Account, Profile } from '../world/account-store.ts'
import type { StoredEvent } from '../world/event-store.ts'
import type { Identity } from '../world/identity.ts'

/** Raise it when the form of the file changes. A file of another version is set aside, and the simulator starts empty. */
export const SNAPSHOT_VERSION = 2

/** The world of a simulator. Not kept: settings, faults, rules, tokens, the story log, offered quotes. */
export interface Snapshot {
  version: number
  seed: number
  identities: readonly Identity[]
  accounts: readonly Account[]
  profiles: readonly Profile[]
  events: readonly StoredEvent[]
  orders: readonly Order[]
  executions: readonly Execution[]
  quoteExecutions: readonly QuoteExecution[]
  transfers: readonly Transfer[]
  instructions: readonly DepositInstructions[]
  postings: readonly Posting[]
  prices: Readonly<Record<string, { step: number; point: PricePoint }>>
}

export function takeSnapshot(state: SandboxState): Snapshot {
  return {
    version: SNAPSHOT_VERSION,
    seed: state.random.seed,
    identities: state.identities.all,
    accounts: state.accounts.all,
    profiles: state.accounts.profiles,
    events: [...state.events.all, ...state.events.tests],
    orders: state.orders.all,
    executions: state.executions.all,
    quoteExecutions: state.quoteExecutions.all,
    transfers: state.transfers.all,
    instructions: state.transfers.instructions,
    postings: state.balances.postings,
    prices: Object.fromEntries([...MARKETS.values()].map((market) => [market.market, state.prices.kept(market)])),
  }
}

/** Fills an empty simulator and resumes what was in progress: decisions, orders, settlements, transfers, deliveries. */
export function restoreSnapshot(state: SandboxState, snapshot: Snapshot): void {
  state.random.reseed(snapshot.seed)
  for (const identity of snapshot.identities) state.identities.restore(identity)
  state.accounts.restore(snapshot)
  for (const event of snapshot.events) state.events.restore(event)
  for (const posting of snapshot.postings) state.balances.post(posting, { overdraw: true })
  for (const order of snapshot.orders) state.orders.add(order)
  for (const execution of snapshot.executions) state.executions.add(execution)
  state.quoteExecutions.restore(snapshot.quoteExecutions)
  for (const transfer of snapshot.transfers) state.transfers.add(transfer)
  for (const instructions of snapshot.instructions) state.transfers.addInstructions(instructions)
  for (const market of MARKETS.values()) {
    const kept = snapshot.prices[market.market]
    if (kept) state.prices.restore(market, kept)
  }
  for (const identity of state.identities.all) {
    state.engine.resume(identity)
    state.kycRefreshes.resume(identity)
  }
  state.exchange.resume()
  state.transferDesk.resume()
  for (const event of state.events.all) if (event.undeliveredWebhooks > 0) state.webhooks.deliver(event)
}
