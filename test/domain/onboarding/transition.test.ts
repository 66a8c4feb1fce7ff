import { describe, expect, it } from 'vitest'
import { notificationKey } from '../../../src/domain/notification.ts'
import { accountRefId } from '../../../src/domain/onboarding/account-effect.ts'
import {
  IDENTITY_STATUSES,
  isDecisionEvent,
  newOnboarding,
  ONBOARDING_EVENTS,
  ONBOARDING_STATES,
  type Onboarding,
  type OnboardingState,
  READ_IDENTITY,
} from '../../../src/domain/onboarding/onboarding.ts'
import { type Decision, transition } from '../../../src/domain/onboarding/transition.ts'

const IDENTITY = '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'

function inState(state: OnboardingState): Onboarding {
  const base = { ...newOnboarding(IDENTITY, 'adopted', null), state }
  return state === 'held' ? { ...base, heldFrom: 'ready', heldReason: 'denied-after-approved' } : base
}

function short(decision: Decision): string {
  switch (decision.kind) {
    case 'move':
      return `-> ${decision.to}`
    case 'hold':
      return `hold ${decision.reason}`
    case 'ignore':
      return 'ignore'
    case 'wait':
      return 'wait'
  }
}

// One row per live status, one column per state. `documents` differs from the other events only while Paxos has not decided.
const TABLE: Record<string, Record<OnboardingState, string>> = {
  APPROVED: {
    pending: '-> approved',
    documents_required: '-> approved',
    approved: 'ignore',
    ready: 'ignore',
    denied: 'hold approved-after-denied',
    disabled: '-> approved',
    frozen: '-> approved',
    held: 'ignore',
    erased: 'ignore',
  },
  DENIED: {
    pending: '-> denied',
    documents_required: '-> denied',
    approved: 'hold denied-after-approved',
    ready: 'hold denied-after-approved',
    denied: 'ignore',
    disabled: 'hold denied-after-disabled',
    frozen: '-> denied',
    held: 'ignore',
    erased: 'ignore',
  },
  DISABLED: {
    pending: '-> disabled',
    documents_required: '-> disabled',
    approved: '-> disabled',
    ready: '-> disabled',
    denied: 'hold disabled-after-denied',
    disabled: 'ignore',
    frozen: '-> disabled',
    held: 'ignore',
    erased: 'ignore',
  },
  ERROR: {
    pending: '-> frozen',
    documents_required: '-> frozen',
    approved: '-> frozen',
    ready: '-> frozen',
    denied: 'hold identity-frozen',
    disabled: '-> frozen',
    frozen: 'ignore',
    held: 'ignore',
    erased: 'ignore',
  },
  PENDING: {
    pending: 'wait',
    documents_required: 'wait',
    approved: 'wait',
    ready: 'wait',
    denied: 'wait',
    disabled: 'wait',
    frozen: 'wait',
    held: 'ignore',
    erased: 'ignore',
  },
  SOMETHING_NEW: {
    pending: 'ignore',
    documents_required: 'ignore',
    approved: 'ignore',
    ready: 'ignore',
    denied: 'ignore',
    disabled: 'ignore',
    frozen: 'ignore',
    held: 'ignore',
    erased: 'ignore',
  },
}

const PENDING_WITH_DOCUMENTS: Record<OnboardingState, string> = {
  pending: '-> documents_required',
  documents_required: '-> documents_required',
  approved: 'hold review-reopened',
  ready: 'hold review-reopened',
  denied: 'hold review-reopened',
  disabled: 'hold review-reopened',
  frozen: '-> documents_required',
  held: 'ignore',
  erased: 'ignore',
}

// Events without a decision: KYC refresh, controls, and a read of our own.
const PENDING_WITHOUT_DECISION: Record<OnboardingState, string> = {
  pending: 'ignore',
  documents_required: 'ignore',
  approved: 'ignore',
  ready: 'ignore',
  denied: 'ignore',
  disabled: 'ignore',
  frozen: '-> pending',
  held: 'ignore',
  erased: 'ignore',
}

describe('every state with every event and every live status', () => {
  for (const state of ONBOARDING_STATES) {
    for (const event of [...ONBOARDING_EVENTS, READ_IDENTITY] as const) {
      for (const status of [...IDENTITY_STATUSES, 'SOMETHING_NEW']) {
        const documents = event === 'identity.documents_required'
        const pending = documents ? PENDING_WITH_DOCUMENTS : isDecisionEvent(event) ? undefined : PENDING_WITHOUT_DECISION
        const expected = (status === 'PENDING' ? pending : undefined)?.[state] ?? TABLE[status]?.[state] ?? 'no row'
        it(`${state}: ${event} while Paxos says ${status} -> ${expected}`, () => {
          const seen = { event, status, requiredDocuments: documents ? ['PROOF_OF_FUNDS'] : [] }
          expect(short(transition(inState(state), seen, 'machine'))).toBe(expected)
        })
      }
    }
  }
})

describe('when Paxos requests documents again', () => {
  const asked = { ...inState('documents_required'), requiredDocuments: ['PROOF_OF_FUNDS'] }
  it('nothing changes when they were requested already', () => {
    const again = transition(
      asked,
      { event: 'identity.documents_required', status: 'PENDING', requiredDocuments: ['PROOF_OF_FUNDS'] },
      'machine',
    )
    expect(again).toEqual({ kind: 'ignore', because: 'already-asked-for' })
  })
  it('the union of all requests is asked for, sorted, so that their order does not matter', () => {
    const more = transition(asked, { event: 'identity.documents_required', status: 'PENDING', requiredDocuments: ['CURP'] }, 'machine')
    expect(more).toEqual({ kind: 'move', to: 'documents_required', requiredDocuments: ['CURP', 'PROOF_OF_FUNDS'] })
  })
})

describe('when an operator releases a hold', () => {
  it.each([
    ['APPROVED', '-> approved'],
    ['DENIED', '-> denied'],
    ['DISABLED', '-> disabled'],
    ['PENDING', '-> pending'],
    ['ERROR', '-> frozen'],
    ['SOMETHING_NEW', 'ignore'],
  ])('the live status %s decides: %s', (status, expected) => {
    expect(short(transition(inState('held'), { event: 'identity.approved', status, requiredDocuments: [] }, 'operator'))).toBe(expected)
  })
  it("the decision is the machine's when nothing is held", () => {
    expect(
      short(transition(inState('denied'), { event: 'identity.approved', status: 'APPROVED', requiredDocuments: [] }, 'operator')),
    ).toBe('hold approved-after-denied')
  })
})

describe('when a customer with an account is frozen', () => {
  const frozen = { ...inState('frozen'), accountId: 'e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31' }
  it.each([
    ['identity.denied', 'DENIED', 'hold denied-after-frozen'],
    ['identity.documents_required', 'PENDING', 'hold review-reopened'],
    [READ_IDENTITY, 'PENDING', 'ignore'],
    [READ_IDENTITY, 'APPROVED', '-> approved'],
  ] as const)('F40: %s while Paxos says %s -> %s', (event, status, expected) => {
    expect(short(transition(frozen, { event, status, requiredDocuments: [] }, 'machine'))).toBe(expected)
  })
})

describe('when nothing changes', () => {
  it.each([
    ['approved', 'APPROVED', 'already-approved'],
    ['ready', 'APPROVED', 'already-ready'],
    ['denied', 'DENIED', 'already-denied'],
    ['disabled', 'DISABLED', 'already-disabled'],
    ['held', 'APPROVED', 'held:denied-after-approved'],
    ['pending', 'PENDING', 'event-ahead-of-status'],
  ] as const)('the decision gives the reason: %s while Paxos says %s is %s', (state, status, because) => {
    expect(transition(inState(state), { event: 'identity.approved', status, requiredDocuments: [] }, 'machine')).toMatchObject({ because })
  })
  it('the decision gives the reason why a release is not possible yet', () => {
    expect(transition(inState('held'), { event: 'identity.approved', status: 'NEW', requiredDocuments: [] }, 'operator')).toMatchObject({
      because: 'held:denied-after-approved',
    })
  })
})

describe('the documents of a move', () => {
  const documents = (current: Onboarding, requiredDocuments: string[], authority: 'machine' | 'operator' = 'machine'): Decision =>
    transition(current, { event: 'identity.documents_required', status: 'PENDING', requiredDocuments }, authority)

  it('are none when Paxos has decided', () => {
    expect(transition(inState('pending'), { event: 'identity.approved', status: 'APPROVED', requiredDocuments: [] }, 'machine')).toEqual({
      kind: 'move',
      to: 'approved',
      requiredDocuments: [],
    })
  })
  it('are sorted, and may be none when Paxos names none', () => {
    expect(documents(inState('pending'), ['PROOF_OF_FUNDS', 'CURP'])).toEqual({
      kind: 'move',
      to: 'documents_required',
      requiredDocuments: ['CURP', 'PROOF_OF_FUNDS'],
    })
    expect(documents(inState('pending'), [])).toEqual({ kind: 'move', to: 'documents_required', requiredDocuments: [] })
  })
  it('include those that were requested before when an operator releases a hold', () => {
    const held = { ...inState('held'), requiredDocuments: ['PROOF_OF_FUNDS'] }
    expect(documents(held, ['CURP'], 'operator')).toEqual({
      kind: 'move',
      to: 'documents_required',
      requiredDocuments: ['CURP', 'PROOF_OF_FUNDS'],
    })
  })
})

describe('a new onboarding', () => {
  it('starts with only its identity, from which its keys are made', () => {
    expect(newOnboarding(IDENTITY, 'adopted', null)).toMatchObject({ state: 'pending', requiredDocuments: [], accountId: null })
    expect(accountRefId(IDENTITY)).toBe(`gatehouse-account-${IDENTITY}`)
    expect(notificationKey(IDENTITY, 'ready', 2)).toBe(`notice_ready_2_${IDENTITY}`)
  })
})
