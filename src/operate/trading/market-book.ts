import type { PaxosMarket } from '../../paxos/markets.ts'
import { createGroupCommitter } from '../../platform/group-committer.ts'
import { MarketUnknownError } from './trading-errors.ts'

/** One market by its name, as Paxos lists it after the call. @throws MarketUnknownError, PaxosError */
export type RequireMarket = (name: string) => Promise<PaxosMarket>

const MOST_AT_ONCE = 1_000

/**
 * Shares reads of the markets, since Paxos lists them only together: requests that come during a read share the next read. No answer is
 * older than its request, so a market that has just closed refuses the next order.
 */
export function createMarketBook(list: () => Promise<PaxosMarket[]>): RequireMarket {
  const reads = createGroupCommitter<string, PaxosMarket | undefined>({
    maxBatch: MOST_AT_ONCE,
    maxWaiting: 10 * MOST_AT_ONCE,
    write: async (names) => {
      const markets = new Map((await list()).map((market) => [market.market, market]))
      return names.map((name) => markets.get(name))
    },
  })
  return async (name) => {
    const found = await reads.submit(name)
    if (!found) throw new MarketUnknownError(name)
    return found
  }
}
