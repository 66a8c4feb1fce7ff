import type { PaxosMarket } from '../paxos/markets.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'
import { MarketUnknownError } from './trading-errors.ts'

/** One market by its name, as Paxos lists it after the question. @throws MarketUnknownError, PaxosError */
export type RequireMarket = (name: string) => Promise<PaxosMarket>

const MOST_AT_ONCE = 1_000

/**
 * Reads the markets for all requests that come while a read is under way with one further read: Paxos lists them only together. No answer is older
 * than its question, so a market that has just closed refuses the next order.
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
