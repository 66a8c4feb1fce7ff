import { BudgetExhaustedError } from './paxos-errors.ts'

/** Longest wait of a pass for the budget. */
const LONGEST_BUDGET_WAIT_MS = 15_000

/** Makes calls wait for the budget, up to 15 s from their first try. `isClosed`: its owner is ending, so that no call waits any more. */
export function createBudgetWait({
  now,
  isClosed,
}: {
  now: () => number
  isClosed: () => boolean
}): <T>(call: () => Promise<T>) => Promise<T> {
  return async (call) => {
    const giveUpAt = now() + LONGEST_BUDGET_WAIT_MS
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof BudgetExhaustedError) || isClosed() || now() + error.retryAfterMs > giveUpAt) throw error
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs))
      }
    }
  }
}
