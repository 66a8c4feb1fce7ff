import { describe, expect, it } from 'vitest'
import { intendedEffect } from '../../src/domain/effect.ts'
import { Amount } from '../../src/domain/money.ts'
import { type Deposit, type DepositSnapshot, FUND_ACCOUNT } from '../../src/domain/transfer/deposit.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { DepositUnclearError, fundAccountEffect } from '../../src/effects/fund-account.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosOutcomeUnknownError, PaxosRefusedError, PaxosRejectedError } from '../../src/paxos/paxos-errors.ts'

const DEPOSIT: Deposit = {
  ...{ depositId: 'deposit-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' },
  ...{ asset: 'USD', amount: '250.50', state: 'unknown', reason: null, activityId: null, requestedAt: 0 },
}
const EFFECT = intendedEffect(DEPOSIT.depositId, { kind: FUND_ACCOUNT })
const TASK: EffectTask<DepositSnapshot> = {
  ...{ streamId: DEPOSIT.depositId, snapshot: { deposit: DEPOSIT, effects: [EFFECT] }, effect: EFFECT, priority: 'replay' },
}
/** When the absence of a lost deposit is trusted. */
const LONG_AFTER = 1_000_000
const operation = 'deposits.fund-sandbox'

interface World {
  /** What Paxos shows: asset, available, held by open orders. */
  balances?: readonly (readonly [string, string, string])[]
  onRecord?: string
  answer?: () => Promise<string | null>
}

/** The effect at a Paxos with these balances, beside a ledger with that sum of flows. */
function effectIn({ balances = [], onRecord = '0', answer = async () => 'activity-1' }: World) {
  const asked: unknown[] = []
  const asking =
    <T>(name: string, reply: () => Promise<T>) =>
    (...args: unknown[]): Promise<T> => {
      asked.push([name, ...args])
      return reply()
    }
  const listed = balances.map(([asset, available, trading]) => ({ asset, available: Amount.of(available), trading: Amount.of(trading) }))
  const paxos = {
    balances: { list: asking('balances', async () => listed) },
    deposits: { fundSandbox: asking('fund', answer) },
  } as unknown as PaxosClient // the effect makes no other calls
  const balanceOnRecord = asking('on record', async () => Amount.of(onRecord))
  const parts = { balanceOnRecord, waitsForOlder: async () => false, now: () => LONG_AFTER }
  return { effect: fundAccountEffect(paxos, parts), asked }
}

describe('a deposit of the Sandbox', () => {
  it('is asked for with its asset and its amount as they were sent, in the profile of the account', async () => {
    const { effect, asked } = effectIn({})
    expect(await effect.perform(TASK)).toEqual({ kind: 'account-funded', activityId: 'activity-1', how: 'answered' })
    expect(asked).toEqual([['fund', 'profile-1', { asset: 'USD', amount: '250.50' }, { priority: 'replay' }]])
  })

  it.each([
    [
      'a refusal',
      new PaxosRefusedError({ operation, status: 403, problemType: 'https://developer.paxos.com/docs/v2/problems/rejected' }),
      'rejected',
    ],
    ['any other 4xx', new PaxosRejectedError({ operation, status: 400 }), 'rejected-by-paxos'],
  ])('is refused by %s, with the reason', async (_, error, reason) => {
    const { effect } = effectIn({ answer: () => Promise.reject(error) })
    expect(await effect.perform(TASK)).toEqual({ kind: 'deposit-refused', reason })
  })

  it('stays unknown when its answer is lost', async () => {
    const lost = new PaxosOutcomeUnknownError({ operation })
    const { effect } = effectIn({ answer: () => Promise.reject(lost) })
    await expect(effect.perform(TASK)).rejects.toBe(lost)
  })
})

describe('A4: a deposit whose answer was lost', () => {
  it('is found by the balance, of which open orders hold a part', async () => {
    const balances = [['BTC', '9', '9'] as const, ['USD', '300.25', '50.25'] as const]
    const { effect, asked } = effectIn({ balances, onRecord: '100' })
    expect(await effect.find?.(TASK)).toEqual({ kind: 'account-funded', activityId: null, how: 'found' })
    expect(asked).toEqual([
      ['balances', 'profile-1', { priority: 'replay' }],
      ['on record', 'account-1', 'USD'],
    ])
  })

  it.each<[string, World]>([
    ['the balance is what is on record', { balances: [['USD', '100', '0']], onRecord: '100' }],
    ['Paxos shows no balance and none is on record', { balances: [['BTC', '250.50', '0']] }],
  ])('is absent when %s', async (_, world) => {
    expect(await effectIn(world).effect.find?.(TASK)).toBeNull()
  })

  it.each([
    ['a cent less than the deposit', '250.49'],
    ['twice the deposit', '501'],
    ['the other way', '-250.5'],
  ])('is unclear when the balance differs by %s, and says by how much', async (_, drift) => {
    const { effect } = effectIn({ balances: [['USD', String(Amount.of('300').plus(Amount.of(drift))), '0']], onRecord: '300' })
    await expect(effect.find?.(TASK)).rejects.toMatchObject({
      code: 'DEPOSIT_UNCLEAR',
      retry: 'backoff',
      message: expect.stringContaining(`deposit deposit-1: the USD balance at Paxos differs from the ledger by ${drift}, `),
    })
  })

  it('is held for a person at the sixth attempt that finds the balance unclear, and for no other failure', () => {
    const { effect } = effectIn({})
    const unclear = new DepositUnclearError({ depositId: 'deposit-1', asset: 'USD', drift: Amount.of('1') })
    expect([4, 5, 6].map((attempts) => effect.holdFor?.(unclear, attempts))).toEqual([null, 'balance-unclear', 'balance-unclear'])
    expect(effect.holdFor?.(new PaxosOutcomeUnknownError({ operation }), 5)).toBeNull()
  })
})

describe('a late receipt of a deposit', () => {
  const { effect } = effectIn({})
  const funded = (activityId: string | null) => ({ kind: 'account-funded', activityId, how: 'answered' })

  it.each([
    ['the same activity', funded('1'), funded('1'), true],
    ['another activity', funded('1'), funded('2'), false],
    ['no activity, since the balance showed it', funded('1'), funded(null), true],
    ['the activity that the balance did not show', funded(null), funded('1'), true],
    ['a refusal', funded('1'), { kind: 'deposit-refused', reason: 'rejected' }, false],
    ['the deposit after a refusal', { kind: 'deposit-refused', reason: 'rejected' }, funded('1'), false],
  ])('that names %s says the same: %o, %o, %s', (_, known, late, same) => {
    expect(effect.same(known, late)).toBe(same)
  })

  it('keeps its slot at Paxos', () => {
    expect(effect).toMatchObject({ kind: 'fund-account', asksPaxos: true })
  })
})

it('the estimate of a deposit reads the balance and asks for nothing', async () => {
  const { effect, asked } = effectIn({ balances: [['USD', '100', '0']], onRecord: '90' })
  expect(await effect.estimate(TASK, { thorough: true, failure: null })).toEqual({
    verdict: 'would-fund-account',
    detail: 'the balance differs from the ledger by 10',
    effects: [{ act: 'fund', key: EFFECT.key }],
    receipt: { kind: 'account-funded', activityId: null, how: 'answered' },
  })
  expect(asked).toHaveLength(2)
})
