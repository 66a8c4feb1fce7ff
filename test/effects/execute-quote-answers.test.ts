import { describe, expect, it } from 'vitest'
import { Amount } from '../../src/domain/money.ts'
import type { QuoteExecution } from '../../src/domain/trade/quote-execution.ts'
import { openQuoteExecution, type QuoteExecutionSnapshot } from '../../src/domain/trade/quote-execution-stream.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { executeQuoteEffect, QuoteMismatchError, QuoteOutcomeOpenError } from '../../src/effects/execute-quote.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import {
  PaxosConflictError,
  PaxosNotFoundError,
  PaxosOutcomeUnknownError,
  PaxosRefusedError,
  PaxosRejectedError,
} from '../../src/paxos/paxos-errors.ts'
import type { PaxosQuoteExecution } from '../../src/paxos/quote-executions.ts'
import { sampleExecution } from '../domain/trade/sample-execution.ts'

const operation = 'quote-executions.create'
const THOROUGH = { thorough: true, failure: null }
const KEY = openQuoteExecution(sampleExecution()).effects[0]?.key ?? ''
/** The execution as Paxos answers it. */
const OURS: PaxosQuoteExecution = {
  ...{ id: 'x-1', profileId: 'p', quoteId: 'q', refId: KEY, status: 'CREATED', market: 'BTCUSD', side: 'BUY', price: Amount.of('65000') },
  ...{ baseAmount: Amount.of('0.00384615'), baseAsset: 'BTC', quoteAmount: Amount.of('250.00'), quoteAsset: 'USD' },
}
const EXECUTED = { kind: 'quote-executed', paxosExecutionId: 'x-1', baseAmount: '0.00384615', quoteAmount: '250' }

interface World {
  listed?: readonly PaxosQuoteExecution[]
  create?: () => Promise<PaxosQuoteExecution>
  now?: number
}

function effectIn({ listed = [], create = async () => OURS, now = 0 }: World) {
  const asked: unknown[][] = []
  const asking =
    <T>(name: string, reply: () => Promise<T>) =>
    (...args: unknown[]): Promise<T> => {
      asked.push([name, ...args])
      return reply()
    }
  const quoteExecutions = {
    create: asking('create', create),
    list: asking('list', async () => listed),
    get: asking('get', async () => listed[0]),
  }
  const effect = executeQuoteEffect({ quoteExecutions } as unknown as PaxosClient, { now: () => now }) // the effect makes no other calls
  return { effect, asked }
}

function task(over: Partial<QuoteExecution> = {}, attempts = 0): EffectTask<QuoteExecutionSnapshot> {
  const snapshot = openQuoteExecution(sampleExecution(over))
  return { streamId: snapshot.execution.executionId, snapshot, effect: { ...snapshot.effects[0]!, attempts }, priority: 'replay' }
}

const refusal = (problem: string) =>
  new PaxosRefusedError({ operation, status: 403, problemType: `https://developer.paxos.com/docs/v2/problems/${problem}` })
const conflict = (existingId: string | null) => new PaxosConflictError({ operation, status: 409 }, { existingId, duplicate: 'ref_id' })
const options = { priority: 'replay' }

describe('the request of a quote execution', () => {
  const names = { ref_id: KEY, quote_id: 'q', identity_id: 'i', account_id: 'a' }

  it.each([
    ['quote', { baseAmount: null, quoteAmount: '250.00' }, { quote_amount: '250.00' }],
    ['base', { baseAmount: '0.1', quoteAmount: null }, { base_amount: '0.1' }],
  ])('names the amount of the %s as it was sent, under the key of the effect', async (_, amounts, sent) => {
    const { effect, asked } = effectIn({})
    expect(await effect.perform(task(amounts))).toEqual({ ...EXECUTED, how: 'created' })
    expect(asked).toEqual([['create', 'p', { ...names, ...sent }, options]])
  })

  it.each<[string, Error, string]>([
    ['an expired quote', refusal('expired'), 'quote-expired'],
    ['missing funds', refusal('insufficient-funds'), 'insufficient-funds'],
    ['any other 4xx', new PaxosRejectedError({ operation, status: 400 }), 'rejected-by-paxos'],
    ['a quote that Paxos does not know', new PaxosNotFoundError({ operation, status: 404 }), 'quote-unknown'],
  ])('is refused for %s, and the first attempt looks up nothing', async (_, error, reason) => {
    const { effect, asked } = effectIn({ create: () => Promise.reject(error), listed: [OURS] })
    expect(await effect.perform(task())).toEqual({ kind: 'quote-refused', reason })
    expect(asked).toHaveLength(1)
  })

  it('A4: of a second attempt that is refused is looked up, since the first may have been executed', async () => {
    const create = () => Promise.reject(refusal('rejected'))
    expect(await effectIn({ create, listed: [OURS] }).effect.perform(task({}, 1))).toEqual({ ...EXECUTED, how: 'adopted' })
    expect(await effectIn({ create }).effect.perform(task({}, 1))).toEqual({ kind: 'quote-refused', reason: 'rejected' })
  })

  it('stays unknown when its answer is lost', async () => {
    const lost = new PaxosOutcomeUnknownError({ operation })
    await expect(effectIn({ create: () => Promise.reject(lost) }).effect.perform(task())).rejects.toBe(lost)
  })
})

describe('F52: an answer about another execution', () => {
  it.each<[string, Partial<PaxosQuoteExecution>]>([
    ['another key', { refId: 'other' }],
    ['another profile', { profileId: 'other' }],
    ['another quote', { quoteId: 'other' }],
    ['the other side', { side: 'SELL' }],
    ['another market', { market: 'ETHUSD' }],
  ])('that names %s fails for good', async (_, over) => {
    const { effect } = effectIn({ create: async () => ({ ...OURS, ...over }) })
    await expect(effect.perform(task())).rejects.toMatchObject({ code: 'QUOTE_MISMATCH', retry: 'never' })
  })

  it('is not what an answer without a ref_id is', async () => {
    const { effect } = effectIn({ create: async () => ({ ...OURS, refId: null }) })
    expect(await effect.perform(task())).toMatchObject(EXECUTED)
  })
})

describe('the look-up of a quote execution', () => {
  it('A4: takes of the profile the one under our key, from five minutes before the request', async () => {
    const { effect, asked } = effectIn({ listed: [{ ...OURS, id: 'theirs', refId: 'theirs' }, OURS] })
    expect(await effect.find?.(task({ requestedAt: 400_000 }))).toEqual({ ...EXECUTED, how: 'adopted' })
    expect(asked).toEqual([['list', 'p', { createdFrom: new Date(100_000) }, options]])
  })

  it('after a 409 reads the execution that it names', async () => {
    const { effect, asked } = effectIn({ listed: [OURS] })
    expect(await effect.find?.(task(), conflict('x-1'))).toEqual({ ...EXECUTED, how: 'adopted' })
    expect(asked).toEqual([['get', 'p', 'x-1', options]])
  })

  it('after a 409 fails for good with its id when Paxos shows another execution or none', async () => {
    const error = await effectIn({ listed: [] })
      .effect.find?.(task(), { existingId: 'x-9' })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'QUOTE_MISMATCH', message: expect.stringContaining('x-9') })
  })

  it('after a 409 without an id fails for good when the list has none', async () => {
    const error = await effectIn({})
      .effect.find?.(task(), conflict(null))
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(QuoteMismatchError)
  })

  it('that finds it is not kept open by a quote that is almost over', async () => {
    expect(await effectIn({ listed: [OURS], now: 29_000 }).effect.find?.(task())).toMatchObject(EXECUTED)
  })
})

describe('a late receipt of a quote execution', () => {
  const { effect } = effectIn({})
  const refused = { kind: 'quote-refused', reason: 'rejected' }
  const executed = { ...EXECUTED, how: 'created' }

  it.each([
    [executed, { ...executed, how: 'adopted' }, true],
    [executed, { ...executed, paxosExecutionId: 'x-2' }, false],
    [refused, { ...refused, reason: 'quote-expired' }, true],
    [executed, refused, false],
    [refused, executed, false],
    [refused, { kind: 'other' }, false],
  ])('of %o and %o: says the same is %s', (known, late, same) => {
    expect(effect.same(known, late)).toBe(same)
  })

  it('holds the stream for another execution and for an unexplained 409 alone', () => {
    expect(effect.holdFor?.(new QuoteMismatchError('x-1'), 0)).toBe('another-execution')
    expect(effect.holdFor?.(conflict(null), 0)).toBe('another-execution')
    expect(effect.holdFor?.(new QuoteOutcomeOpenError('x-1'), 0)).toBeNull()
    expect(effect).toMatchObject({ kind: 'execute-quote', asksPaxos: true })
  })
})

it('an open outcome is looked up again a second later', () => {
  expect(new QuoteOutcomeOpenError('x-1')).toMatchObject({ retry: 'snooze', retryAfterMs: 1_000 })
})

describe('the estimate of a quote execution', () => {
  it.each<[string, World, object]>([
    ['would adopt what Paxos has', { listed: [OURS] }, { effects: [{ act: 'adopt', key: KEY }], receipt: { ...EXECUTED, how: 'adopted' } }],
    [
      'would send nothing for a quote that is almost over',
      { now: 28_001 },
      { effects: [], receipt: { kind: 'quote-refused', reason: 'quote-expired' } },
    ],
    [
      'would execute the quote',
      { now: 28_000 },
      {
        effects: [{ act: 'execute', key: KEY }],
        receipt: { ...EXECUTED, paxosExecutionId: 'made up', baseAmount: '0', quoteAmount: '0', how: 'created' },
      },
    ],
  ])('%s, and asks for nothing', async (_, world, expected) => {
    const { effect, asked } = effectIn(world)
    expect(await effect.estimate(task(), THOROUGH)).toMatchObject({ verdict: 'would-execute-quote', ...expected })
    expect(asked.map(([name]) => name)).toEqual(['list'])
  })
})
