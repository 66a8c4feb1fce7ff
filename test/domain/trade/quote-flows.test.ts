import { describe, expect, it } from 'vitest'
import type { Draft } from '../../../src/domain/effect.ts'
import type { QuoteExecution } from '../../../src/domain/trade/quote-execution.ts'
import { openQuoteExecution, QUOTE_EXECUTION_RULES, type QuoteExecutionSnapshot } from '../../../src/domain/trade/quote-execution-stream.ts'

const ASKED: QuoteExecution = {
  ...{ executionId: `quote-execution-${'0'.repeat(32)}`, accountId: 'a', identityId: 'i', profileId: 'p', quoteId: 'q' },
  ...{ market: 'BTCUSD', side: 'BUY', price: '65000', baseAsset: 'BTC', quoteAsset: 'USD', expiresAt: 30_000 },
  ...{ baseAmount: null, quoteAmount: '250.00', state: 'submitting', reason: null },
  ...{ paxosExecutionId: null, executedBase: null, executedQuote: null, requestedAt: 0 },
}
const EXECUTED = { kind: 'quote-executed', paxosExecutionId: 'x', baseAmount: '0.00384615', quoteAmount: '250.00', how: 'created' }

const flowsOf = ({ entries }: Draft<QuoteExecutionSnapshot>) =>
  entries.filter(({ kind }) => kind === 'flow').map(({ data }) => `${data.amount} ${data.asset}`)

describe('A29: the two sides of a quote execution', () => {
  it.each([
    ['BUY', '-250 USD', '0.00384615 BTC'],
    ['SELL', '-0.00384615 BTC', '250 USD'],
  ])('of a %s move apart: %s when Paxos creates it, %s when Paxos settles it', (side, paid, bought) => {
    const opened = openQuoteExecution({ ...ASKED, side })
    const created = QUOTE_EXECUTION_RULES.afterReceipt(opened, opened.effects[0]!, EXECUTED)
    expect([created.execution.state, flowsOf(created)]).toEqual(['created', [paid]])
    const settled = QUOTE_EXECUTION_RULES.afterReceipt(created, created.effects[1]!, { kind: 'quote-settled' })
    expect([settled.execution.state, flowsOf(settled)]).toEqual(['settled', [paid, bought]])
  })
})
