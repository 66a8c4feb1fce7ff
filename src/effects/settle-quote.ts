import { type QuoteExecutionSnapshot, SETTLE_QUOTE } from '../domain/trade/quote-execution-stream.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind } from './effect-kind.ts'

/** Paxos has debited the payment and has not credited the purchase yet. */
export class QuoteNotSettledError extends AppError {
  readonly code = 'QUOTE_NOT_SETTLED'
  readonly retry = 'snooze'
  readonly retryAfterMs = 1_000
  constructor(paxosExecutionId: string, status: string) {
    super(`quote execution ${paxosExecutionId} is ${status} at Paxos, not SETTLED yet`)
  }
}

/** Waits for the settlement: reads the execution until Paxos has credited the purchase. It only reads, so it may be repeated. */
export function settleQuoteEffect(paxos: PaxosClient): EffectKind<QuoteExecutionSnapshot> {
  return {
    kind: SETTLE_QUOTE,
    asksPaxos: true,
    perform: async ({ snapshot: { execution }, priority }) => {
      const { profileId, paxosExecutionId } = execution
      if (paxosExecutionId === null) throw new TypeError('an execution that can settle has its id at Paxos')
      const { status } = await paxos.quoteExecutions.get(profileId, paxosExecutionId, { priority })
      if (status !== 'SETTLED') throw new QuoteNotSettledError(paxosExecutionId, status)
      return { kind: 'quote-settled' }
    },
    same: () => true,
    estimate: async ({ snapshot: { execution } }) => ({
      verdict: 'would-execute-quote',
      detail: `the settlement of ${execution.paxosExecutionId} would be looked up`,
      effects: [],
      receipt: { kind: 'quote-settled' },
    }),
  }
}
