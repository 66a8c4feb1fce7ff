import type { Budget } from './transport/budget.ts'
import type { Priority } from './transport/budget-state.ts'
import type { AccountsClass } from './transport/endpoint-class.ts'

/** What Paxos's limits mean for the work that waits. @throws when what the processes share of the budget cannot be read */
export interface UpstreamPace {
  /** For how long nobody calls Paxos, since one of us was answered 429: milliseconds, 0 for not at all. */
  lockedForMs(): Promise<number>
  /** How long the calls for so many events take within the limits, milliseconds: an estimate, as if each opened an account. Live unless told. */
  etaMs(events: number, options?: { priority: Priority }): Promise<number>
}

/** Events confirmed, and identities read, by one page: at a concurrency of 50 there are some fifty in hand. */
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
