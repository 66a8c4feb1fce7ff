import { describe, expect, it } from 'vitest'
import { type Draft, type Effect, intendedEffect } from '../../../src/domain/effect.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'
import { QUOTE_EXECUTION_STATES, type QuoteExecution, type QuoteExecutionState } from '../../../src/domain/trade/quote-execution.ts'
import {
  EXECUTE_QUOTE,
  openQuoteExecution,
  QUOTE_EXECUTION_RULES,
  type QuoteExecutionSnapshot,
  SETTLE_QUOTE,
} from '../../../src/domain/trade/quote-execution-stream.ts'
import { sampleExecution } from './sample-execution.ts'

const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const ID = sampleExecution().executionId
const execute = intendedEffect(ID, { kind: EXECUTE_QUOTE })
const settle = intendedEffect(ID, { kind: SETTLE_QUOTE })
const EXECUTED = { kind: 'quote-executed', paxosExecutionId: 'x-1', baseAmount: '0.1', quoteAmount: '250', how: 'created' }

function draft(over: Partial<QuoteExecution> = {}, effects: readonly Effect[] = []): Draft<QuoteExecutionSnapshot> {
  return draftOf<QuoteExecutionSnapshot>({ execution: sampleExecution(over), effects })
}
function decide(start: Draft<QuoteExecutionSnapshot>) {
  const answer = QUOTE_EXECUTION_RULES.decide(start, null, MACHINE)
  if (answer.kind !== 'decided') throw new Error(answer.because)
  return answer
}

describe('a new quote execution', () => {
  it('A1: has what was asked for and the intent to execute it on record before anything is sent', () => {
    const { effects, entries } = openQuoteExecution(sampleExecution())
    expect(effects).toEqual([execute])
    const amounts = { price: '65000', baseAmount: null, quoteAmount: '250.00' }
    expect(entries).toEqual([
      { kind: 'quote.requested', data: { accountId: 'a', quoteId: 'q', side: 'BUY', market: 'BTCUSD', ...amounts } },
      { kind: 'effect.intended', data: { step: EXECUTE_QUOTE, key: execute.key } },
    ])
  })

  it('is opened by no observation', () => {
    expect(QUOTE_EXECUTION_RULES.open(ID, null)).toBeNull()
    expect(QUOTE_EXECUTION_RULES).toMatchObject({ kind: 'quote-execution', contradiction: 'another-execution' })
    expect([...QUOTE_EXECUTION_RULES.mustBeKnown]).toEqual([EXECUTE_QUOTE])
  })
})

describe('the command to execute a quote', () => {
  it('A4: finds the outcome unknown after an attempt without an answer, and says so', () => {
    const { draft: next, outcome } = decide(draft({}, [{ ...execute, attempts: 1 }]))
    expect(outcome).toEqual({ kind: 'moved', to: 'unknown' })
    expect(next.execution.state).toBe('unknown')
    expect(next.entries).toEqual([
      { kind: 'quote.moved', data: { from: 'submitting', to: 'unknown', reason: null, paxosExecutionId: null } },
    ])
  })

  it.each<[string, Draft<QuoteExecutionSnapshot>]>([
    ['was not sent yet', draft({}, [execute])],
    ['was refused', draft({}, [{ ...execute, state: 'refused', attempts: 1 }])],
    ['has no effect yet', draft()],
    ['is unknown already', draft({ state: 'unknown' }, [{ ...execute, attempts: 1 }])],
    ['waits for its settlement', draft({ state: 'created' }, [{ ...execute, state: 'done', attempts: 1 }, settle])],
  ])('goes on where it stands when it %s', (_, start) => {
    expect(decide(start)).toEqual({ kind: 'decided', draft: start, outcome: { kind: 'moved', to: start.execution.state } })
  })

  it.each<QuoteExecutionState>(['settled', 'rejected', 'held'])('is ignored when the execution is %s', (state) => {
    const start = draft({ state }, [{ ...execute, attempts: 1 }])
    expect(decide(start)).toEqual({ kind: 'decided', draft: start, outcome: { kind: 'ignored', because: `already-${state}` } })
  })
})

describe('what a quote execution does next', () => {
  const WANTED: Readonly<Record<QuoteExecutionState, string | null>> = {
    ...{ submitting: EXECUTE_QUOTE, unknown: EXECUTE_QUOTE, created: SETTLE_QUOTE, settled: null, rejected: null, held: null },
  }

  it.each(QUOTE_EXECUTION_STATES)('in state %s is the effect that the state waits for', (state) => {
    expect(QUOTE_EXECUTION_RULES.nextEffect(draft({ state }, [execute, settle]))?.step ?? null).toBe(WANTED[state])
    const done = [execute, settle].map((effect): Effect => ({ ...effect, state: 'done' }))
    expect(QUOTE_EXECUTION_RULES.nextEffect(draft({ state }, done))).toBeUndefined()
    expect(QUOTE_EXECUTION_RULES.stateOf(draft({ state }))).toBe(state)
    expect(QUOTE_EXECUTION_RULES.knows(draft({ state }))).toBe(true)
  })

  it('A4: is to look for an execution whose answer was lost, when its state no longer waits for it', () => {
    const start = draft({ state: 'held' }, [{ ...execute, attempts: 1 }])
    const claim = claimNext(QUOTE_EXECUTION_RULES, start, { by: { seq: '1', generation: 0 }, now: 0, leaseMs: 1 })
    expect(claim).toMatchObject({ kind: 'look-up', effect: { step: EXECUTE_QUOTE } })
  })

  it('is unknown to this version for a state that a newer version wrote', () => {
    expect(QUOTE_EXECUTION_RULES.knows(draft({ state: 'reversed' as QuoteExecutionState }))).toBe(false)
  })

  it('F52: is nothing once it is held, for the reason that stands in it', () => {
    const held = QUOTE_EXECUTION_RULES.hold(draft(), 'another-execution')
    expect(held.execution).toMatchObject({ executionId: ID, state: 'held', reason: 'another-execution' })
    expect(QUOTE_EXECUTION_RULES.heldReason(held)).toBe('another-execution')
    expect(QUOTE_EXECUTION_RULES.heldReason(draft({ state: 'held' }))).toBe('held')
    expect(QUOTE_EXECUTION_RULES.heldReason(draft({ state: 'rejected', reason: 'quote-expired' }))).toBeNull()
    expect(QUOTE_EXECUTION_RULES.hold(held, 'another-execution').entries).toEqual(held.entries)
  })
})

describe('A29: an answer of Paxos about a quote execution', () => {
  it('that it is made books the debit and intends to wait for the credit', () => {
    const next = QUOTE_EXECUTION_RULES.afterReceipt(draft(), execute, EXECUTED)
    expect(next.execution).toMatchObject({ state: 'created', paxosExecutionId: 'x-1', executedBase: '0.1', executedQuote: '250' })
    expect(next.entries).toEqual([
      { kind: 'quote.moved', data: { from: 'submitting', to: 'created', reason: null, paxosExecutionId: 'x-1' } },
      { kind: 'flow', data: { accountId: 'a', asset: 'USD', amount: '-250', because: 'quote', source: 'x-1' } },
      { kind: 'effect.intended', data: { step: SETTLE_QUOTE, key: settle.key } },
    ])
    expect(next.effects).toEqual([settle])
  })

  it('that it is settled books the credit', () => {
    const created = draft({ state: 'created', paxosExecutionId: 'x-1', executedBase: '0.1', executedQuote: '250' })
    const next = QUOTE_EXECUTION_RULES.afterReceipt(created, settle, { kind: 'quote-settled' })
    expect(next.execution.state).toBe('settled')
    expect(next.entries[1]?.data).toEqual({ accountId: 'a', asset: 'BTC', amount: '0.1', because: 'quote', source: 'x-1' })
  })

  it('that it is refused moves no money', () => {
    const next = QUOTE_EXECUTION_RULES.afterReceipt(draft(), execute, { kind: 'quote-refused', reason: 'quote-expired' })
    expect(next.execution).toMatchObject({ executionId: ID, state: 'rejected', reason: 'quote-expired' })
    expect(next.entries.map(({ kind }) => kind)).toEqual(['quote.moved'])
    expect(next.effects).toEqual([])
  })

  it('does not change the execution for an unknown kind of receipt', () => {
    const start = draft({ state: 'created' })
    expect(QUOTE_EXECUTION_RULES.afterReceipt(start, settle, { kind: 'other' })).toBe(start)
  })
})
