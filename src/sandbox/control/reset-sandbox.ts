import type { SandboxState } from '../sandbox-state.ts'
import type { SandboxSettings } from './sandbox-settings.ts'

/** Back to the start: no identities, events, accounts, faults or story, the first settings; tokens and the webhook stay. */
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

/** No balances, orders, quotes or transfers, and nothing of theirs that was to happen later. */
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
