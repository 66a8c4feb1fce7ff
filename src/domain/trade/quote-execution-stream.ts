import { type Draft, type Effect, type Entry, effectsOf, intend, intendedEffect, isOpen, type Receipt, type Snapshot } from '../effect.ts'
import { Amount } from '../money.ts'
import type { Outcome } from '../outcome.ts'
import { type Decided, draftOf, type StreamRules } from '../stream.ts'
import { type Flow, flowEntry } from './flow.ts'
import { QUOTE_EXECUTION_STATES, type QuoteExecution, type QuoteExecutionState } from './quote-execution.ts'

export const EXECUTE_QUOTE = 'execute-quote'
export const SETTLE_QUOTE = 'settle-quote'

export interface QuoteExecutionSnapshot extends Snapshot {
  readonly execution: QuoteExecution
}

/** Paxos has the execution and has debited the payment. `how`: made by our call, or found by our ref_id. */
interface ExecutedReceipt extends Receipt {
  readonly kind: 'quote-executed'
  readonly paxosExecutionId: string
  readonly baseAmount: string
  readonly quoteAmount: string
  readonly how: 'created' | 'adopted'
}

/** Paxos refused it, or the quote expired before it was sent: nothing was executed. */
interface RefusedReceipt extends Receipt {
  readonly kind: 'quote-refused'
  readonly reason: string
}

/** Opens the execution of a request: the intent is on record before anything is sent. */
export function openQuoteExecution(execution: QuoteExecution): Draft<QuoteExecutionSnapshot> {
  const { executionId, accountId, quoteId, side, market, price, baseAmount, quoteAmount } = execution
  const requested: Entry = { kind: 'quote.requested', data: { accountId, quoteId, side, market, price, baseAmount, quoteAmount } }
  const opened = draftOf<QuoteExecutionSnapshot>({ execution, effects: [] }, [requested])
  return intend(opened, intendedEffect(executionId, { kind: EXECUTE_QUOTE }))
}

/** The rules of an execution. The only observation is that its command is being worked on. */
export const QUOTE_EXECUTION_RULES: StreamRules<QuoteExecutionSnapshot, null> = {
  kind: 'quote-execution',
  stateOf: ({ execution }) => execution.state,
  knows: ({ execution }) => QUOTE_EXECUTION_STATES.includes(execution.state),
  open: () => null, // only a request opens an execution
  decide,
  nextEffect: ({ execution, effects }) => effects.find((effect) => isOpen(effect) && isWanted(execution.state, effect)),
  mustBeKnown: new Set([EXECUTE_QUOTE]),
  afterReceipt,
  hold: (draft, reason) => moveTo(draft, { ...draft.execution, state: 'held', reason }),
  contradiction: 'another-execution',
  heldReason: ({ execution }) => (execution.state === 'held' ? (execution.reason ?? 'held') : null),
}

function isWanted(state: QuoteExecutionState, { kind }: Effect): boolean {
  return kind === EXECUTE_QUOTE ? state === 'submitting' || state === 'unknown' : state === 'created'
}

/** An attempt without a receipt: whether it acted is unknown until it is looked up (A4). */
function decide(draft: Draft<QuoteExecutionSnapshot>): Decided<QuoteExecutionSnapshot> {
  const { state } = draft.execution
  const [executing] = effectsOf(draft, EXECUTE_QUOTE)
  if (state === 'submitting' && executing?.state === 'intended' && executing.attempts > 0) {
    const unknown = moveTo(draft, { ...draft.execution, state: 'unknown' })
    return { kind: 'decided', draft: unknown, outcome: { kind: 'moved', to: 'unknown' } }
  }
  const unfinished = state === 'submitting' || state === 'unknown' || state === 'created'
  const outcome: Outcome = unfinished ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
  return { kind: 'decided', draft, outcome }
}

function afterReceipt(draft: Draft<QuoteExecutionSnapshot>, _effect: Effect, receipt: Receipt): Draft<QuoteExecutionSnapshot> {
  const { execution } = draft
  if (isQuoteRefused(receipt)) return moveTo(draft, { ...execution, state: 'rejected', reason: receipt.reason })
  if (isExecuted(receipt)) {
    const { paxosExecutionId, baseAmount: executedBase, quoteAmount: executedQuote } = receipt
    const executed: QuoteExecution = { ...execution, state: 'created', paxosExecutionId, executedBase, executedQuote }
    return intend(withFlow(moveTo(draft, executed), paidBy(executed)), intendedEffect(execution.executionId, { kind: SETTLE_QUOTE }))
  }
  if (receipt.kind !== 'quote-settled') return draft
  const settled: QuoteExecution = { ...execution, state: 'settled' }
  return withFlow(moveTo(draft, settled), boughtBy(settled))
}

/** The debit, which Paxos makes when it creates the execution (paxos/api.md 8.2). */
function paidBy(execution: QuoteExecution): Flow {
  const { asset, amount } = execution.side === 'BUY' ? quoteOf(execution) : baseOf(execution)
  return { asset, amount: amount.negated(), because: 'quote', source: execution.paxosExecutionId ?? execution.executionId }
}

/** The credit, which Paxos makes when it settles the execution. */
function boughtBy(execution: QuoteExecution): Flow {
  const bought = execution.side === 'BUY' ? baseOf(execution) : quoteOf(execution)
  return { ...bought, because: 'quote', source: execution.paxosExecutionId ?? execution.executionId }
}

const baseOf = ({ baseAsset, executedBase }: QuoteExecution) => ({ asset: baseAsset, amount: Amount.of(executedBase ?? '0') })
const quoteOf = ({ quoteAsset, executedQuote }: QuoteExecution) => ({ asset: quoteAsset, amount: Amount.of(executedQuote ?? '0') })

function withFlow(draft: Draft<QuoteExecutionSnapshot>, flow: Flow): Draft<QuoteExecutionSnapshot> {
  return { ...draft, entries: [...draft.entries, flowEntry(draft.execution.accountId, flow)] }
}

function moveTo(draft: Draft<QuoteExecutionSnapshot>, execution: QuoteExecution): Draft<QuoteExecutionSnapshot> {
  const from = draft.execution.state
  const { state: to, reason, paxosExecutionId } = execution
  const entry: Entry = { kind: 'quote.moved', data: { from, to, reason, paxosExecutionId } }
  return { ...draft, execution, entries: from === to ? draft.entries : [...draft.entries, entry] }
}

/** Only execute-quote writes receipts of this kind. */
export function isExecuted(receipt: Receipt): receipt is ExecutedReceipt {
  return receipt.kind === 'quote-executed'
}
export function isQuoteRefused(receipt: Receipt): receipt is RefusedReceipt {
  return receipt.kind === 'quote-refused'
}
