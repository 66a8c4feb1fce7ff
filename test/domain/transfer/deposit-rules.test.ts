import { describe, expect, it } from 'vitest'
import { type Draft, type Effect, intendedEffect } from '../../../src/domain/effect.ts'
import { nthNotification } from '../../../src/domain/notification.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'
import {
  DEPOSIT_RULES,
  DEPOSIT_STATES,
  type Deposit,
  type DepositSnapshot,
  type DepositState,
  depositNotification,
  FUND_ACCOUNT,
  openDeposit,
} from '../../../src/domain/transfer/deposit.ts'

const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const ID = 'deposit-1'
const DEPOSIT: Deposit = {
  ...{ depositId: ID, accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' },
  ...{ asset: 'USD', amount: '250.50', state: 'submitting', reason: null, activityId: null, requestedAt: 0 },
}
const fund = intendedEffect(ID, { kind: FUND_ACCOUNT })
const notice = nthNotification(ID, 'deposit_completed', 1)

function draft(over: Partial<Deposit> = {}, effects: readonly Effect[] = []): Draft<DepositSnapshot> {
  return draftOf<DepositSnapshot>({ deposit: { ...DEPOSIT, ...over }, effects })
}

describe('a new deposit', () => {
  it('A1: has what was asked for and the intent to fund the account on record before anything is sent', () => {
    const { effects, entries } = openDeposit(DEPOSIT)
    expect(effects).toEqual([fund])
    expect(entries).toEqual([
      { kind: 'deposit.requested', data: { accountId: 'account-1', asset: 'USD', amount: '250.50' } },
      { kind: 'effect.intended', data: { step: FUND_ACCOUNT, key: fund.key } },
    ])
  })

  it('is opened by no observation', () => {
    expect(DEPOSIT_RULES.open(ID, null)).toBeNull()
    expect(DEPOSIT_RULES).toMatchObject({ kind: 'deposit', contradiction: 'another-activity' })
  })
})

describe('the command to fund an account', () => {
  it('A4: finds the outcome unknown after an attempt without an answer', () => {
    const decided = DEPOSIT_RULES.decide(draft({}, [{ ...fund, attempts: 1 }]), null, MACHINE)
    expect(decided).toMatchObject({ kind: 'decided', outcome: { kind: 'moved', to: 'unknown' }, draft: { deposit: { state: 'unknown' } } })
    expect(decided.kind === 'decided' && decided.draft.entries).toEqual([
      { kind: 'deposit.moved', data: { from: 'submitting', to: 'unknown', reason: null } },
    ])
  })

  it.each<[string, readonly Effect[]]>([
    ['was not sent yet', [fund]],
    ['was refused', [{ ...fund, state: 'refused', attempts: 1 }]],
    ['has no effect yet', []],
  ])('goes on where it stands when it %s', (_, effects) => {
    const start = draft({}, effects)
    expect(DEPOSIT_RULES.decide(start, null, MACHINE)).toEqual({
      kind: 'decided',
      draft: start,
      outcome: { kind: 'moved', to: 'submitting' },
    })
  })

  it.each<DepositState>(['unknown', 'completed', 'rejected', 'held'])('changes nothing when the deposit is %s', (state) => {
    const start = draft({ state }, [{ ...fund, attempts: 1 }])
    const outcome = { kind: 'ignored', because: `already-${state}` }
    expect(DEPOSIT_RULES.decide(start, null, MACHINE)).toEqual({ kind: 'decided', draft: start, outcome })
  })
})

describe('what a deposit does next', () => {
  const WANTED: Readonly<Record<DepositState, Effect | undefined>> = {
    ...{ submitting: fund, unknown: fund, completed: notice, rejected: undefined, held: undefined },
  }

  it.each(DEPOSIT_STATES)('in state %s is the effect that the state waits for', (state) => {
    expect(DEPOSIT_RULES.nextEffect(draft({ state }, [fund, notice]))).toEqual(WANTED[state])
    const done = [fund, notice].map((effect): Effect => ({ ...effect, state: 'done' }))
    expect(DEPOSIT_RULES.nextEffect(draft({ state }, done))).toBeUndefined()
    expect(DEPOSIT_RULES.stateOf(draft({ state }))).toBe(state)
    expect(DEPOSIT_RULES.knows(draft({ state }))).toBe(true)
    expect(DEPOSIT_RULES.heldReason(draft({ state, reason: 'why' }))).toBe(state === 'held' ? 'why' : null)
  })

  it('is unknown to this version for a state that a newer version wrote', () => {
    expect(DEPOSIT_RULES.knows(draft({ state: 'reversed' as DepositState }))).toBe(false)
  })

  it('A4: is to look for a deposit whose answer was lost, when its state no longer waits for it', () => {
    const start = draft({ state: 'held' }, [{ ...fund, attempts: 1 }])
    const claim = claimNext(DEPOSIT_RULES, start, { by: { seq: '1', generation: 0 }, now: 0, leaseMs: 1 })
    expect(claim).toMatchObject({ kind: 'look-up', effect: { step: FUND_ACCOUNT } })
  })

  it('F52: is nothing once it is held, for the reason that stands in it', () => {
    const held = DEPOSIT_RULES.hold(draft({ state: 'unknown' }), 'balance-unclear')
    expect(held.deposit).toEqual({ ...DEPOSIT, state: 'held', reason: 'balance-unclear' })
    expect(held.entries).toEqual([{ kind: 'deposit.moved', data: { from: 'unknown', to: 'held', reason: 'balance-unclear' } }])
    expect(DEPOSIT_RULES.heldReason(draft({ state: 'held' }))).toBe('held')
    expect(DEPOSIT_RULES.hold(held, 'balance-unclear').entries).toEqual(held.entries)
  })
})

describe('an answer about a deposit', () => {
  it.each([
    ['with the id of its activity', 'activity-1', 'activity-1'],
    ['without one, since the balance showed it', null, ID],
  ])('that it was made, %s, books the money once and notifies the application', (_, activityId, source) => {
    const next = DEPOSIT_RULES.afterReceipt(draft(), fund, { kind: 'account-funded', activityId, how: 'answered' })
    expect(next.deposit).toEqual({ ...DEPOSIT, state: 'completed', activityId })
    expect(next.entries).toEqual([
      { kind: 'deposit.moved', data: { from: 'submitting', to: 'completed', reason: null } },
      { kind: 'flow', data: { accountId: 'account-1', asset: 'USD', amount: '250.5', because: 'deposit', source } },
      { kind: 'effect.intended', data: { step: notice.step, key: notice.key } },
    ])
    expect(next.effects).toEqual([notice])
  })

  it('that it was refused moves no money', () => {
    const next = DEPOSIT_RULES.afterReceipt(draft(), fund, { kind: 'deposit-refused', reason: 'rejected' })
    expect(next.deposit).toEqual({ ...DEPOSIT, state: 'rejected', reason: 'rejected' })
    expect(next.entries.map(({ kind }) => kind)).toEqual(['deposit.moved'])
    expect(next.effects).toEqual([])
  })

  it('does not change the deposit for another kind of receipt', () => {
    const start = draft({ state: 'completed' })
    expect(DEPOSIT_RULES.afterReceipt(start, notice, { kind: 'notice', channel: 'log', status: 204 })).toBe(start)
  })
})

it('the notification of a deposit names its ids and its amount as it was sent', () => {
  expect(depositNotification(draft({ state: 'completed' }))).toEqual({
    kind: 'deposit.completed',
    data: { identityId: 'identity-1', accountId: 'account-1', depositId: ID, asset: 'USD', amount: '250.50' },
  })
})
