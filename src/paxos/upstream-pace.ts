import type { Budget } from './transport/budget.ts'
import type { Priority } from './transport/budget-state.ts'
import type { AccountsClass } from './transport/endpoint-class.ts'

/** How Paxos's rate limits delay the backlog. @throws when the shared budget cannot be read */
export interface UpstreamPace {
  /** Milliseconds until Gatehouse may call Paxos again after a 429; 0 when not locked out. */
  lockedForMs(): Promise<number>
  /** Estimated milliseconds for `events` events within the limits, as if each opened an account. Live priority by default. */
  etaMs(events: number, options?: { priority: Priority }): Promise<number>
}

/** Events that one page confirms, and identities that one page reads: at a concurrency of 50 about 50 events are in progress. */
const EVENTS_PER_PAGE = 25

export function createUpstreamPace(
  budget: Pick<Budget, 'etaMs' | 'lockedForMs'>,
  { accountsClass = 'identity' }: { accountsClass?: AccountsClass } = {},
): UpstreamPace {
  return {
    lockedForMs: () => budget.lockedForMs(),
    etaMs: async (events, options = { priority: 'live' }) => {
      const pages = Math.ceil(events / EVENTS_PER_PAGE)
      const [general, identity] = await Promise.all([
        budget.etaMs('general', pages + (accountsClass === 'general' ? events : 0), options),
        budget.etaMs('identity', pages + (accountsClass === 'identity' ? events : 0), options),
      ])
      return Math.max(general, identity)
    },
  }
}
