import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { owing } from '../../domain/trade/preview-order.ts'
import { type HeldQuote, mayBeExecuted, type QuoteAmounts } from '../../domain/trade/quote-execution.ts'
import { EXECUTE_QUOTE, openQuoteExecution, type QuoteExecutionSnapshot } from '../../domain/trade/quote-execution-stream.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import type { QuoteExecutionRecord } from '../../ledger/read-quote-executions.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'
import { idOfKey } from './id-of-key.ts'
import { OrderNotPossibleError, QuoteExpiredError, QuoteUnknownError } from './trading-errors.ts'
import { requireTradable } from './trading-gate.ts'

export interface ExecuteQuote extends QuoteAmounts {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly quoteId: string
}

export interface ExecuteQuoteParts extends CommandParts {
  ledger: Ledger<QuoteExecutionSnapshot>
  paxos: PaxosClient
  account: (accountId: string) => Promise<AccountRecord>
  quote: (quoteId: string) => Promise<HeldQuote | null>
  find: (executionId: string) => Promise<QuoteExecutionRecord | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
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
  const known = await parts.find(executionId)
  if (known) {
    refuseOther(known, asked)
    return { execution: known, created: false }
  }
  const { identityId, profileId, quote } = await admit(parts, asked)
  const at = new Date(parts.now())
  const draft = openQuoteExecution({
    ...quote,
    ...{ executionId, accountId, identityId, profileId, baseAmount, quoteAmount },
    ...{ state: 'submitting', reason: null, paxosExecutionId: null, executedBase: null, executedQuote: null },
    requestedAt: at.getTime(),
  })
  const committed = await parts.ledger.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return executeQuote(parts, asked, actor) // another request with the same key was faster
  const input = { accountId, quoteId, ...(baseAmount === null ? { quoteAmount } : { baseAmount }) }
  await giveCommand(parts, { kind: EXECUTE_QUOTE, streamId: executionId, identityId }, { ...input, idempotencyKey, actor })
  return { execution: await awaitAnswer(executionId, parts), created: true }
}

/** The same key with any field changed is an error that names the field (A7). */
function refuseOther(known: QuoteExecutionRecord, asked: ExecuteQuote): void {
  const fields = (['accountId', 'quoteId', 'baseAmount', 'quoteAmount'] as const).filter((field) => {
    const [one, other] = [known[field], asked[field]]
    const isAmount = field === 'baseAmount' || field === 'quoteAmount'
    return isAmount && one !== null && other !== null ? !Amount.of(one).equals(Amount.of(other)) : one !== other
  })
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
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
