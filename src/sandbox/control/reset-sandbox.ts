import type { SandboxState } from '../sandbox-state.ts'
import type { SandboxSettings } from './sandbox-settings.ts'

/** Resets the simulator: no identities, events, accounts, faults or story, and the initial settings. Tokens and the webhook stay. */
export function resetSandbox(state: SandboxState, { initial, seed }: { initial: SandboxSettings; seed?: number | undefined }): void {
  state.engine.clear()
  state.kycRefreshes.clear()
  clearMoney(state)
  state.webhooks.clear()
  state.faults.clear()
  state.rules.clear()
  state.clock.tellWallTime()
  state.limits.clear()
  if (seed !== undefined) state.random.reseed(seed)
  Object.assign(state.settings, initial)
  state.identities.clear()
  state.events.clear()
  state.accounts.clear()
  state.story.clear()
}

/** Removes balances, orders, quotes and transfers, and their pending timers. */
export function clearMoney(state: SandboxState): void {
  state.exchange.clear()
  state.transferDesk.clear()
  state.quoteExecutions.clear()
  state.quotes.clear()
  state.transfers.clear()
  state.orders.clear()
  state.executions.clear()
  state.balances.clear()
  state.prices.clear()
  state.marketStatus.clear()
}
