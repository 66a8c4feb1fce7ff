import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { owing } from '../../domain/trade/preview-order.ts'
import { type HeldQuote, mayBeExecuted, type QuoteAmounts } from '../../domain/trade/quote-execution.ts'
import { EXECUTE_QUOTE, openQuoteExecution, type QuoteExecutionSnapshot } from '../../domain/trade/quote-execution-stream.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { QuoteExecutionRecord } from '../../ledger/read-quote-executions.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { type OnceParts, requestOnce } from '../request/request-once.ts'
import { OrderNotPossibleError, QuoteExpiredError, QuoteUnknownError } from './trading-errors.ts'
import { requireTradable } from './trading-gate.ts'

export interface ExecuteQuote extends QuoteAmounts {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly quoteId: string
}

export interface ExecuteQuoteParts extends OnceParts<QuoteExecutionSnapshot, QuoteExecutionRecord> {
  paxos: PaxosClient
  account: (accountId: string) => Promise<AccountRecord>
  quote: (quoteId: string) => Promise<HeldQuote | null>
}

/**
 * Commits the execution with its intent, stores the command that sends it, and waits up to 5 s for the result. Safe to repeat with the same key, also
 * after the quote has ended.
 */
export async function executeQuote(
  parts: ExecuteQuoteParts,
  asked: ExecuteQuote,
  actor: Actor,
): Promise<{ execution: QuoteExecutionRecord; created: boolean }> {
  const { accountId, idempotencyKey, quoteId, baseAmount, quoteAmount } = asked
  const executionId = idOfKey('quote-execution', idempotencyKey)
  const { found, created } = await requestOnce(parts, {
    ...{ id: executionId, idempotencyKey, actor },
    differing: (known) => differing(known, asked),
    admit: () => admit(parts, asked),
    open: ({ identityId, profileId, quote }, at) => {
      const draft = openQuoteExecution({
        ...quote,
        ...{ executionId, accountId, identityId, profileId, baseAmount, quoteAmount },
        ...{ state: 'submitting', reason: null, paxosExecutionId: null, executedBase: null, executedQuote: null },
        requestedAt: at.getTime(),
      })
      const input = { accountId, quoteId, ...(baseAmount === null ? { quoteAmount } : { baseAmount }) }
      return { draft, identityId, kind: EXECUTE_QUOTE, input }
    },
  })
  return { execution: found, created }
}

function differing(known: QuoteExecutionRecord, asked: ExecuteQuote): string[] {
  return (['accountId', 'quoteId', 'baseAmount', 'quoteAmount'] as const).filter((field) => {
    const [one, other] = [known[field], asked[field]]
    const isAmount = field === 'baseAmount' || field === 'quoteAmount'
    return isAmount && one !== null && other !== null ? !Amount.of(one).equals(Amount.of(other)) : one !== other
  })
}

/** The quote with its customer, if the quote has at least 2 s left (A25) and the customer may trade. Sends nothing. */
async function admit(parts: ExecuteQuoteParts, { accountId, quoteId }: ExecuteQuote): Promise<AccountRecord & { quote: HeldQuote }> {
  const account = await parts.account(accountId)
  const quote = await parts.quote(quoteId)
  if (!quote) throw new QuoteUnknownError(quoteId)
  if (!mayBeExecuted(quote, parts.now())) throw new QuoteExpiredError(quoteId, new Date(quote.expiresAt))
  const side = quote.side === 'BUY' ? 'BUY' : 'SELL'
  const [balances] = await Promise.all([
    side === 'BUY' ? parts.paxos.balances.list(account.profileId) : [],
    requireTradable(parts.paxos, account, side),
  ])
  const obstacles = owing(side, balances)
  if (obstacles.length > 0) throw new OrderNotPossibleError(obstacles)
  return { ...account, quote }
}
