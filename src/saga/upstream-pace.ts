import type { Budget } from '../paxos/budget.ts'

/** What Paxos's limits mean for the work that waits. @throws when what the processes share of the budget cannot be read */
export interface UpstreamPace {
  /** For how long nobody calls Paxos, since one of us was answered 429: milliseconds, 0 for not at all. */
  lockedForMs(): Promise<number>
  /** How long the calls for so many events take within the limits, milliseconds: an estimate, as if each opened an account. */
  etaMs(events: number): Promise<number>
}

/** Events confirmed, and identities read, by one page: at a concurrency of 50 there are some fifty in hand. */
const EVENTS_PER_PAGE = 25

export function createUpstreamPace(budget: Pick<Budget, 'etaMs' | 'lockedForMs'>): UpstreamPace {
  const live = { priority: 'live' } as const
  return {
    lockedForMs: () => budget.lockedForMs(),
    etaMs: async (events) => {
      const pages = Math.ceil(events / EVENTS_PER_PAGE)
      const [general, identity] = await Promise.all([budget.etaMs('general', events + pages, live), budget.etaMs('identity', pages, live)])
      return Math.max(general, identity)
    },
  }
}
