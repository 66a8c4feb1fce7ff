import { EXECUTE_QUOTE, QUOTE_EXECUTION_RULES, type QuoteExecutionSnapshot } from '../domain/trade/quote-execution-stream.ts'
import { executeQuoteEffect } from '../effects/execute-quote.ts'
import { settleQuoteEffect } from '../effects/settle-quote.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

/** The command to execute a held-rate quote moves the execution that it names, until the execution is settled. */
export function quoteExecutionRoute({
  ledger,
  paxos,
  now,
}: {
  ledger: Ledger<QuoteExecutionSnapshot>
  paxos: PaxosClient
  now: () => number
}): OwnRoute {
  const effects = [executeQuoteEffect(paxos, { now }), settleQuoteEffect(paxos)]
  const kind: StreamKind<QuoteExecutionSnapshot, null> = { rules: QUOTE_EXECUTION_RULES, ledger, effects }
  return {
    type: EXECUTE_QUOTE,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
