import type { QuoteExecution } from '../../../src/domain/trade/quote-execution.ts'

/** A purchase of bitcoin for 250 USD, by a quote that Paxos holds until 30 s after 1970. */
export function sampleExecution(over: Partial<QuoteExecution> = {}): QuoteExecution {
  return {
    ...{ executionId: `quote-execution-${'0'.repeat(32)}`, accountId: 'a', identityId: 'i', profileId: 'p', quoteId: 'q' },
    ...{ market: 'BTCUSD', side: 'BUY', price: '65000', baseAsset: 'BTC', quoteAsset: 'USD', expiresAt: 30_000 },
    ...{ baseAmount: null, quoteAmount: '250.00', state: 'submitting', reason: null },
    ...{ paxosExecutionId: null, executedBase: null, executedQuote: null, requestedAt: 0 },
    ...over,
  }
}
