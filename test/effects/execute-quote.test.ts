import { describe, expect, it } from 'vitest'
import type { QuoteExecution } from '../../src/domain/trade/quote-execution.ts'
import { openQuoteExecution } from '../../src/domain/trade/quote-execution-stream.ts'
import { executeQuoteEffect } from '../../src/effects/execute-quote.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const EXPIRES_AT = Date.parse('2026-03-01T12:00:30Z')
const EXECUTION: QuoteExecution = {
  ...{ executionId: `quote-execution-${'0'.repeat(32)}`, accountId: 'a', identityId: 'i', profileId: 'p', quoteId: 'q' },
  ...{ market: 'BTCUSD', side: 'BUY', price: '65000', baseAsset: 'BTC', quoteAsset: 'USD', expiresAt: EXPIRES_AT },
  ...{ baseAmount: null, quoteAmount: '250.00', state: 'unknown', reason: null },
  ...{ paxosExecutionId: null, executedBase: null, executedQuote: null, requestedAt: EXPIRES_AT - 30_000 },
}

/** The effect at one time, at a Paxos without executions. `sent` counts the requests that would leave. */
function at(now: number) {
  const calls = { sent: 0 }
  const quoteExecutions = {
    list: async () => [],
    create: async () => {
      calls.sent += 1
      throw new Error('sent')
    },
  }
  const effect = executeQuoteEffect({ quoteExecutions } as unknown as PaxosClient, { now: () => now }) // it makes no other calls
  const [intended] = openQuoteExecution(EXECUTION).effects
  if (!intended) throw new Error('nothing is intended')
  const task = {
    streamId: EXECUTION.executionId,
    snapshot: { execution: EXECUTION, effects: [] },
    effect: intended,
    priority: 'live' as const,
  }
  return { calls, perform: () => effect.perform(task), find: async () => effect.find?.(task) }
}

describe('the execution of a quote', () => {
  it('A25: is not sent with 1,999 ms left of the quote, also for a late command', async () => {
    const late = at(EXPIRES_AT - 1_999)
    expect(await late.perform()).toEqual({ kind: 'quote-refused', reason: 'quote-expired' })
    expect(late.calls.sent).toBe(0)
  })

  it('A25: is sent with two seconds left', async () => {
    const inTime = at(EXPIRES_AT - 2_000)
    await expect(inTime.perform()).rejects.toThrow('sent')
    expect(inTime.calls.sent).toBe(1)
  })

  it.each([-1_999, 0, 9_999])('A4: is still unknown %i ms after the end of its quote, since Paxos may list it later', async (after) => {
    await expect(at(EXPIRES_AT + after).find()).rejects.toMatchObject({ code: 'QUOTE_OUTCOME_OPEN', retry: 'snooze' })
  })

  it.each([-2_000, 10_000])('A4: counts as absent %i ms after the end of its quote, so that it is sent again or ends', async (after) => {
    expect(await at(EXPIRES_AT + after).find()).toBeNull()
  })
})
