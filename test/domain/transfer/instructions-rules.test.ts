import { describe, expect, it } from 'vitest'
import { type Draft, type Effect, intendedEffect } from '../../../src/domain/effect.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'
import {
  CREATE_DEPOSIT_INSTRUCTIONS,
  type DepositInstructions,
  INSTRUCTIONS_RULES,
  INSTRUCTIONS_STATES,
  type InstructionsSnapshot,
  type InstructionsState,
  openInstructions,
} from '../../../src/domain/transfer/deposit-instructions.ts'

const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const ID = 'instructions-1'
const INSTRUCTIONS: DepositInstructions = {
  ...{ instructionsId: ID, accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1', network: 'WIRE' },
  ...{ routingNumberType: 'ABA', state: 'submitting', reason: null, paxosInstructionsId: null, memoId: null, requestedAt: 0 },
}
const create = intendedEffect(ID, { kind: CREATE_DEPOSIT_INSTRUCTIONS })
const CREATED = { kind: 'instructions-created', paxosInstructionsId: 'paxos-1', memoId: 'memo-1', how: 'created' }

function draft(over: Partial<DepositInstructions> = {}, effects: readonly Effect[] = []): Draft<InstructionsSnapshot> {
  return draftOf<InstructionsSnapshot>({ instructions: { ...INSTRUCTIONS, ...over }, effects })
}

describe('a new request for deposit instructions', () => {
  it('A1: has what was asked for and the intent to create them on record before anything is sent', () => {
    const { effects, entries } = openInstructions(INSTRUCTIONS)
    expect(effects).toEqual([create])
    expect(entries).toEqual([
      { kind: 'instructions.requested', data: { accountId: 'account-1', network: 'WIRE' } },
      { kind: 'effect.intended', data: { step: CREATE_DEPOSIT_INSTRUCTIONS, key: create.key } },
    ])
  })

  it('is opened by no observation', () => {
    expect(INSTRUCTIONS_RULES.open(ID, null)).toBeNull()
    expect(INSTRUCTIONS_RULES).toMatchObject({ kind: 'deposit-instructions', contradiction: 'another-instructions' })
  })
})

describe('the command to create deposit instructions', () => {
  it('A4: finds the outcome unknown after an attempt without an answer', () => {
    const decided = INSTRUCTIONS_RULES.decide(draft({}, [{ ...create, attempts: 1 }]), null, MACHINE)
    expect(decided).toMatchObject({ kind: 'decided', outcome: { kind: 'moved', to: 'unknown' } })
    expect(decided.kind === 'decided' && decided.draft.instructions).toEqual({ ...INSTRUCTIONS, state: 'unknown' })
    expect(decided.kind === 'decided' && decided.draft.entries).toEqual([
      { kind: 'instructions.moved', data: { from: 'submitting', to: 'unknown', reason: null, paxosInstructionsId: null } },
    ])
  })

  it.each<[string, Draft<InstructionsSnapshot>]>([
    ['was not sent yet', draft({}, [create])],
    ['was refused', draft({}, [{ ...create, state: 'refused', attempts: 1 }])],
    ['has no effect yet', draft()],
    ['is unknown already', draft({ state: 'unknown' }, [{ ...create, attempts: 1 }])],
  ])('goes on where it stands when it %s', (_, start) => {
    const outcome = { kind: 'moved', to: start.instructions.state }
    expect(INSTRUCTIONS_RULES.decide(start, null, MACHINE)).toEqual({ kind: 'decided', draft: start, outcome })
  })

  it.each<InstructionsState>(['created', 'rejected', 'held'])('changes nothing when they are %s', (state) => {
    const start = draft({ state }, [{ ...create, attempts: 1 }])
    const outcome = { kind: 'ignored', because: `already-${state}` }
    expect(INSTRUCTIONS_RULES.decide(start, null, MACHINE)).toEqual({ kind: 'decided', draft: start, outcome })
  })
})

describe('what a request for deposit instructions does next', () => {
  it.each(INSTRUCTIONS_STATES)('in state %s is to create them only while Paxos may lack them', (state) => {
    const isWanted = state === 'submitting' || state === 'unknown'
    expect(INSTRUCTIONS_RULES.nextEffect(draft({ state }, [create]))).toEqual(isWanted ? create : undefined)
    expect(INSTRUCTIONS_RULES.nextEffect(draft({ state }, [{ ...create, state: 'done' }]))).toBeUndefined()
    expect(INSTRUCTIONS_RULES.stateOf(draft({ state }))).toBe(state)
    expect(INSTRUCTIONS_RULES.knows(draft({ state }))).toBe(true)
    expect(INSTRUCTIONS_RULES.heldReason(draft({ state, reason: 'why' }))).toBe(state === 'held' ? 'why' : null)
  })

  it('is unknown to this version for a state that a newer version wrote', () => {
    expect(INSTRUCTIONS_RULES.knows(draft({ state: 'deprecated' as InstructionsState }))).toBe(false)
  })

  it('A4: is to look for instructions whose answer was lost, when their state no longer waits for them', () => {
    const start = draft({ state: 'held' }, [{ ...create, attempts: 1 }])
    const claim = claimNext(INSTRUCTIONS_RULES, start, { by: { seq: '1', generation: 0 }, now: 0, leaseMs: 1 })
    expect(claim).toMatchObject({ kind: 'look-up', effect: { step: CREATE_DEPOSIT_INSTRUCTIONS } })
  })

  it('F52: is nothing once they are held, for the reason that stands in them', () => {
    const held = INSTRUCTIONS_RULES.hold(draft({ state: 'unknown' }), 'another-instructions')
    expect(held.instructions).toEqual({ ...INSTRUCTIONS, state: 'held', reason: 'another-instructions' })
    expect(INSTRUCTIONS_RULES.heldReason(draft({ state: 'held' }))).toBe('held')
    expect(INSTRUCTIONS_RULES.hold(held, 'another-instructions').entries).toEqual(held.entries)
  })
})

describe('an answer about deposit instructions', () => {
  it('that they are made keeps the id of Paxos and the memo', () => {
    const next = INSTRUCTIONS_RULES.afterReceipt(draft(), create, CREATED)
    expect(next.instructions).toEqual({ ...INSTRUCTIONS, state: 'created', paxosInstructionsId: 'paxos-1', memoId: 'memo-1' })
    expect(next.entries).toEqual([
      { kind: 'instructions.moved', data: { from: 'submitting', to: 'created', reason: null, paxosInstructionsId: 'paxos-1' } },
    ])
  })

  it('that they are refused keeps the reason', () => {
    const next = INSTRUCTIONS_RULES.afterReceipt(draft(), create, { kind: 'instructions-refused', reason: 'rejected-by-paxos' })
    expect(next.instructions).toEqual({ ...INSTRUCTIONS, state: 'rejected', reason: 'rejected-by-paxos' })
  })

  it('does not change them for an unknown kind of receipt', () => {
    const start = draft()
    expect(INSTRUCTIONS_RULES.afterReceipt(start, create, { kind: 'other' })).toBe(start)
  })
})
