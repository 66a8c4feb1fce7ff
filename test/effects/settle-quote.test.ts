import { describe, expect, it } from 'vitest'
import { intendedEffect } from '../../src/domain/effect.ts'
import { type QuoteExecutionSnapshot, SETTLE_QUOTE } from '../../src/domain/trade/quote-execution-stream.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { settleQuoteEffect } from '../../src/effects/settle-quote.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { sampleExecution } from '../domain/trade/sample-execution.ts'

/** The effect at a Paxos that shows the execution in this status. */
function at(status: string) {
  const asked: unknown[] = []
  const get = async (...args: unknown[]) => {
    asked.push(args)
    return { status }
  }
  const effect = settleQuoteEffect({ quoteExecutions: { get } } as unknown as PaxosClient) // the effect makes no other calls
  return { effect, asked }
}

function task(paxosExecutionId: string | null = 'x-1'): EffectTask<QuoteExecutionSnapshot> {
  const execution = sampleExecution({ state: 'created', paxosExecutionId })
  const effect = intendedEffect(execution.executionId, { kind: SETTLE_QUOTE })
  return { streamId: execution.executionId, snapshot: { execution, effects: [effect] }, effect, priority: 'replay' }
}

describe('A29: the settlement of a quote execution', () => {
  it('is there once Paxos says SETTLED', async () => {
    const { effect, asked } = at('SETTLED')
    expect(await effect.perform(task())).toEqual({ kind: 'quote-settled' })
    expect(asked).toEqual([['p', 'x-1', { priority: 'replay' }]])
  })

  it.each(['CREATED', 'SETTLING', ''])('is read again a second later while Paxos says "%s", and spends no attempt', async (status) => {
    await expect(at(status).effect.perform(task())).rejects.toMatchObject({
      code: 'QUOTE_NOT_SETTLED',
      retry: 'snooze',
      retryAfterMs: 1_000,
    })
  })

  it('never asks Paxos without an id', async () => {
    const { effect, asked } = at('SETTLED')
    await expect(effect.perform(task(null))).rejects.toThrow(TypeError)
    expect(asked).toEqual([])
  })

  it('keeps its slot at Paxos, and two answers say the same', () => {
    const { effect } = at('SETTLED')
    expect(effect).toMatchObject({ kind: 'settle-quote', asksPaxos: true })
    expect(effect.same({ kind: 'quote-settled' }, { kind: 'quote-settled' })).toBe(true)
  })

  it('is estimated as a read alone', async () => {
    const { effect, asked } = at('CREATED')
    expect(await effect.estimate(task(), { thorough: true, failure: null })).toMatchObject({
      verdict: 'would-execute-quote',
      effects: [],
      receipt: { kind: 'quote-settled' },
    })
    expect(asked).toEqual([])
  })
})
